// The pages work without this. It enlarges pictures, saves figures, and steps through slices.
const make = (tag, text, parent) => { const e = document.createElement(tag); e.textContent = text; parent.append(e); return e; };
const save = (name, address) => { const a = document.createElement("a"); a.href = address; a.download = name.replace(/[^\w.-]+/g, "_"); a.click(); };
const saveText = (name, text, kind) => save(name, URL.createObjectURL(new Blob([text], { type: kind })));
const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "paint-order", "opacity", "font-size", "font-weight", "font-family", "text-anchor"];

// A chart as a file: the style sheet's colours, those of light, are written into it.
function alone(svg) {
  const copy = svg.cloneNode(true), from = [svg, ...svg.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
  document.documentElement.classList.add("light");
  from.forEach((e, k) => { const style = getComputedStyle(e); KEPT.forEach((name) => to[k].setAttribute(name, style.getPropertyValue(name))); });
  document.documentElement.classList.remove("light");
  const { width, height } = svg.viewBox.baseVal;
  copy.setAttribute("width", width); copy.setAttribute("height", height);
  return new XMLSerializer().serializeToString(copy);
}
const loaded = (address) => new Promise((done) => { const image = new Image(); image.onload = () => done(image); image.src = address; });
const address = (text) => "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);

async function savePicture(name, layers, width, height, zoom) {
  const canvas = document.createElement("canvas"), at = canvas.getContext("2d");
  canvas.width = width * zoom; canvas.height = height * zoom;
  at.fillStyle = "#fff"; at.fillRect(0, 0, canvas.width, canvas.height);
  for (const layer of layers) at.drawImage(layer.src ? layer : await loaded(address(alone(layer))), 0, 0, canvas.width, canvas.height);
  save(name + ".png", canvas.toDataURL("image/png"));
}
const visible = (stack) => [...stack.children].filter((e) => e.matches("img, svg") && getComputedStyle(e).display !== "none");

document.querySelectorAll("figure.plot").forEach((figure) => {
  const svg = figure.querySelector("svg[viewBox][role]"), bar = make("span", "", figure), { width, height } = svg.viewBox.baseVal;
  const sample = figure.closest(".sample")?.querySelector("h2").textContent, name = (sample ? sample + "-" : "") + figure.dataset.name;
  bar.className = "save"; bar.append("Save as ");
  make("button", "SVG", bar).onclick = () => saveText(name + ".svg", alone(svg), "image/svg+xml");
  make("button", "PNG", bar).onclick = () => savePicture(name, [svg], width, height, 3);
  make("button", "CSV", bar).onclick = () => saveText(name + ".csv", figure.dataset.csv, "text/csv");
});
document.querySelectorAll("figure.shot").forEach((figure) => {
  const bar = make("span", "", figure.querySelector("figcaption"));
  bar.className = "save"; bar.append("Save as ");
  figure.querySelectorAll(".stack").forEach((stack, k) => {
    make("button", "PNG" + (k ? " of the map" : ""), bar).onclick = () => {
      const shown = visible(stack), first = shown[0];
      savePicture(figure.dataset.name + (k ? "-map" : ""), shown, first.naturalWidth, first.naturalHeight, 1);
    };
  });
});

// The lightbox: the picture as it stands on the page, then the full resolution where its file lies beside the page.
const box = make("dialog", "", document.body), close = make("button", "Close", box), field = make("div", "", box);
close.className = "close"; close.onclick = () => box.close(); field.className = "field"; box.setAttribute("aria-label", "Picture enlarged");
let zoom = 1;
const size = (to) => {
  const inner = field.firstElementChild, x = (field.scrollLeft + field.clientWidth / 2) / field.scrollWidth, y = (field.scrollTop + field.clientHeight / 2) / field.scrollHeight;
  zoom = Math.min(Math.max(to, 1), 32); inner.style.width = zoom * 100 + "%"; inner.classList.toggle("pixels", zoom > 4);
  field.scrollTo(x * field.scrollWidth - field.clientWidth / 2, y * field.scrollHeight - field.clientHeight / 2);
};
async function enlarge(stack) {
  const copy = stack.cloneNode(true), link = stack.closest("figure").querySelector("a.full");
  copy.removeAttribute("tabindex"); field.replaceChildren(copy); box.showModal(); size(1);
  copy.onclick = () => size(zoom > 1 ? 1 : 3);
  if (!link || stack.matches(".maps")) return;
  const whole = await loaded(link.getAttribute("href")), first = copy.querySelector("img"), layer = copy.querySelector(".layer");
  if (layer && getComputedStyle(layer).display !== "none") { first.src = whole.src; layer.remove(); }
}
field.addEventListener("wheel", (e) => { e.preventDefault(); size(zoom * (e.deltaY < 0 ? 1.25 : 0.8)); }, { passive: false });
box.addEventListener("keydown", (e) => { if (e.key === "+") size(zoom * 1.5); if (e.key === "-") size(zoom / 1.5); });
document.querySelectorAll(".stack").forEach((stack) => {
  stack.tabIndex = 0; stack.setAttribute("role", "button"); stack.setAttribute("aria-label", "Enlarge " + (stack.closest("figure").dataset.name || "the picture"));
  stack.addEventListener("click", () => enlarge(stack));
  stack.addEventListener("keydown", (e) => { if (e.key === "Enter") enlarge(stack); });
});

const slices = [...document.querySelectorAll("#slices img")], slider = document.getElementById("z");
slider?.addEventListener("input", () => {
  slices.forEach((s, k) => { s.hidden = k !== +slider.value; });
  document.getElementById("at").textContent = slices[slider.value].dataset.z;
});
addEventListener("beforeprint", () => document.querySelectorAll("details:not(.long)").forEach((part) => { part.open = true; }));
