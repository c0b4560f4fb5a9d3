// The paper's Figure 1: cost against embedding size; and beside it what the sizes give.
function drawSizes(benchmark, width, field, options) {
  const points = benchmark.points.filter((p) => p.size !== null && p[field] !== null);
  if (!points.length) return null;
  const sizes = [...new Set(points.map((p) => p.size))].sort((a, b) => a - b);
  const families = trained.map((m) => points.filter((p) => p.model === m.name).sort(bySizeAscending)).filter((f) => f.length);
  const rules = field === "quality" ? benchmark.points.filter((p) => p.baseline) : [];
  const within = points.flatMap((p) => [p[`${field}_low`], p[`${field}_high`]]);
  return Plot.plot({
    ...base(width), height: 360, marginLeft: 52, marginRight: roomFor(families.map((f) => titleOf(f[0].model)), width), marginTop: 34, marginBottom: 42,
    x: { type: "log", base: 2, label: "embedding size →", ticks: sizes, tickFormat: "d", tickSize: 0, inset: 10 },
    y: { type: options.log ? "log" : "linear", label: options.label, grid: true, nice: !options.log, tickFormat: options.format, ticks: options.log ? logTicks(within, 7) : 6, tickSize: 0 },
    marks: [
      ...rules.map((p) => Plot.ruleY([p], { y: "quality", stroke: "var(--soft)", strokeDasharray: "2 4" })),
      ...rules.map((p) => Plot.text([p], { className: "names", y: "quality", text: () => titleOf(p.model), frameAnchor: "left", dy: -7, dx: 2, fill: "var(--soft)", ...halo })),
      ...families.map((f) => Plot.areaY(f.filter((p) => p[`${field}_low`] !== null), { x: "size", y1: `${field}_low`, y2: `${field}_high`, fill: colour(f[0].model), fillOpacity: options.log ? 0.06 : 0.1 })),
      ...families.map((f) => Plot.line(f, { x: "size", y: field, stroke: colour(f[0].model), strokeWidth: 2 })),
      Plot.ruleX(points.filter((p) => (p[`${field}_repeats`] ?? [null])[0] !== null), { x: "size", y1: (p) => p[`${field}_repeats`][0], y2: (p) => p[`${field}_repeats`][1], stroke: (p) => colour(p.model), strokeWidth: 1.5 }),
      ...families.map((f) => Plot.dot(f, { x: "size", y: field, symbol: symbol(f[0].model), fill: colour(f[0].model), r: 4.5, title: (p) => `${p.label}: ${options.format(p[field])}` })),
      ...families.map((f) => named(f.slice(-1), { x: "size", y: field, text: () => titleOf(f[0].model), dx: 11, fill: colour(f[0].model) })),
    ],
  });
}

const drawCost = (benchmark, width) => (data.has_grid
  ? drawSizes(benchmark, width, "grams", { log: true, label: "↑ CO₂-eq of a run (log scale)", format: grams })
  : drawSizes(benchmark, width, "energy", { log: true, label: "↑ energy of a run (log scale)", format: joules }));
const drawGain = (benchmark, width) => drawSizes(benchmark, width, "quality", { log: false, label: `↑ ${data.metric}`, format: quality });
