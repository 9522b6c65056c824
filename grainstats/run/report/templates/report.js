// The report works without this: it lets the switch in the bar set every picture's own switch, and a click on a
// picture show it at the page's full width.
const all = document.getElementById("all-layers");
const own = Array.from(document.querySelectorAll(".toggle"));
if (all) {
  all.addEventListener("change", () => own.forEach((box) => { box.checked = all.checked; }));
  own.forEach((box) => box.addEventListener("change", () => {
    if (!box.checked || all.checked) return;
    all.checked = true;
    own.forEach((other) => { other.checked = other === box; });
  }));
}
document.querySelectorAll(".stack").forEach((stack) => stack.addEventListener("click", () => {
  stack.parentElement.classList.toggle("wide");
}));
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
