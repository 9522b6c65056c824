// The report works without this: it only lets the switch in the bar set every picture's own switch.
const all = document.getElementById("all-layers");
const own = Array.from(document.querySelectorAll(".toggle"));
all.addEventListener("change", () => own.forEach((box) => { box.checked = all.checked; }));
own.forEach((box) => box.addEventListener("change", () => {
  if (!box.checked || all.checked) return;
  all.checked = true;
  own.forEach((other) => { other.checked = other === box; });
}));
