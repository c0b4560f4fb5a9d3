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

// Moves labels up that would lie on one another; `at` is where each goes.
function apart(ends, field, extent, isLog) {
  const to = isLog ? Math.log : (v) => v, from = isLog ? Math.exp : (v) => v;
  const gap = (to(extent[1]) - to(extent[0])) * 0.075;
  const sorted = ends.map((p) => ({ ...p, at: to(p[field]) })).sort((a, b) => a.at - b.at);
  for (let i = 1; i < sorted.length; i += 1) sorted[i].at = Math.max(sorted[i].at, sorted[i - 1].at + gap);
  return sorted.map((p) => ({ ...p, at: from(p.at) }));
}
