// What all figures share: one colour and one symbol a model, and how numbers are written.
const data = JSON.parse(document.getElementById("data").textContent);
const SYMBOLS = ["circle", "triangle", "square", "diamond", "star", "wye", "cross", "hexagon"];
const trained = data.models.filter((m) => !m.baseline);
const baselines = data.models.filter((m) => m.baseline);
const place = (name) => trained.findIndex((m) => m.name === name);
const titleOf = (name) => data.models.find((m) => m.name === name).title;
// Eight colours are told apart; a ninth model shares one and keeps its label.
const colour = (name) => (place(name) < 0 ? "var(--soft)" : `var(--c${place(name) % 8})`);
const symbol = (name) => {
  const at = place(name);
  return at < 0 ? ["times", "plus", "asterisk"][baselines.findIndex((m) => m.name === name) % 3] : SYMBOLS[at % 8];
};
const scaled = (value, steps) => {
  if (value === 0) return "0";
  const [size, unit] = steps.find(([s]) => Math.abs(value) >= s) ?? steps[steps.length - 1];
  return `${Number((value / size).toPrecision(3))} ${unit}`;
};
const joules = (j) => scaled(j, [[1e6, "MJ"], [1e3, "kJ"], [1, "J"], [1e-3, "mJ"]]);
const grams = (g) => scaled(g, [[1e3, "kg"], [1, "g"], [1e-3, "mg"], [1e-6, "µg"]]);
const quality = (q) => q.toFixed(3).replace(/^0/, "");
const isNarrow = (width) => width < 600;
const base = (width) => ({
  width,
  style: { background: "transparent", fontSize: "12px", overflow: "visible" },
  color: { type: "identity" },
  symbol: { type: "identity" },
});
const bySizeAscending = (a, b) => a.size - b.size;
const halo = { stroke: "var(--paper)", strokeWidth: 4, paintOrder: "stroke" };

// Ticks of a logarithmic axis: as many of 1, 2, 5 (or of 1, 3, or of 1) a decade as have room.
function logTicks(values, most) {
  const [low, high] = d3.extent(values.filter((v) => v > 0));
  const decades = d3.range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)) + 1);
  // Over so many decades d3 writes nothing at steps beyond this.
  const written = 100 / (9 * Math.log10(high / low) + 2);
  for (const steps of [[1, 2, 5], [1, 3], [1]].filter((s) => s[s.length - 1] <= Math.max(1, written))) {
    const ticks = decades.flatMap((d) => steps.map((s) => s * 10 ** d)).filter((v) => v >= low && v <= high);
    if (ticks.length >= 2 && ticks.length <= most) return ticks;
    if (ticks.length > most && steps.length === 1) return ticks.filter((_, i) => i % Math.ceil(ticks.length / most) === 0);
  }
  return d3.ticks(low, high, most);
}

// Room to the right of a plot for names that stand at the ends of its lines.
const roomFor = (names, width) => Math.min(width * 0.4, 20 + 8 * Math.max(...names.map((name) => name.length)));

// Names that stand at points: settle() moves them apart.
const named = (points, options) => Plot.text(points, { className: "names", textAnchor: "start", fontWeight: 600, fontSize: 13, ...halo, ...options });

const boxOf = (element) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return { left, right, top: top + 1, bottom: bottom - 1 };
};
const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

// Moves names apart that lie on one another, and leaves out sizes that lie on anything.
function settle(figure) {
  const names = [...figure.querySelectorAll(".names text")];
  const boxes = names.map((name) => ({ ...boxOf(name), moved: 0 }));
  for (let round = 0, still = false; round < 80 && !still; round += 1) {
    still = true;
    for (const [a, b] of d3.cross(boxes, boxes)) {
      if (a === b || !meet(a, b)) continue;
      const upper = a.top + a.bottom < b.top + b.bottom || (a.top === b.top && boxes.indexOf(a) < boxes.indexOf(b)) ? a : b;
      const lower = upper === a ? b : a, half = (upper.bottom - lower.top) / 2 + 0.25;
      for (const [box, by] of [[upper, -half], [lower, half]]) {
        box.top += by;
        box.bottom += by;
        box.moved += by;
      }
      still = false;
    }
  }
  names.forEach((name, i) => {
    if (boxes[i].moved) name.setAttribute("transform", `${name.getAttribute("transform") ?? ""} translate(0,${boxes[i].moved.toFixed(1)})`);
  });
  const kept = [...boxes, ...[...figure.querySelectorAll(".dots > *")].map(boxOf)];
  for (const size of figure.querySelectorAll(".sizes text")) {
    const box = boxOf(size);
    if (kept.some((other) => meet(box, other))) size.remove();
    else kept.push(box);
  }
}

// Which colour is what, above a figure.
function legendOf(entries) {
  const legend = document.createElement("p");
  legend.className = "legend";
  for (const [name, colour] of entries) {
    const key = document.createElement("span"), swatch = document.createElement("i");
    swatch.style.background = colour;
    key.append(swatch, name);
    legend.append(key);
  }
  return legend;
}

function below(legend, plot) {
  const both = document.createElement("div");
  both.append(legend, plot);
  return both;
}

function show(figure, plot) {
  figure.replaceChildren(plot);
  settle(figure);
}
