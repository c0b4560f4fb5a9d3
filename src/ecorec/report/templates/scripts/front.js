// Quality against energy, with the Pareto front as a step.
function drawFront(benchmark, width) {
  const points = benchmark.points.filter((p) => p.energy !== null && p.energy > 0);
  const step = points.filter((p) => p.front).sort((a, b) => a.energy - b.energy);
  const narrow = isNarrow(width);
  const families = trained.map((m) => points.filter((p) => p.model === m.name).sort(bySizeAscending)).filter((f) => f.length);
  const free = points.filter((p) => p.baseline);
  const isGrid = (family) => new Set(family.map((p) => p.size)).size === family.length;
  const marks = [
    Plot.line(step, { x: "energy", y: "quality", curve: "step-after", stroke: "var(--ink)", strokeWidth: 1.5 }),
    ...points.flatMap((p) => [
      Plot.ruleY([p], { y: "quality", x1: "energy_low", x2: "energy_high", stroke: colour(p.model), strokeOpacity: 0.32 }),
      Plot.ruleX([p], { x: "energy", y1: "quality_low", y2: "quality_high", stroke: colour(p.model), strokeOpacity: 0.4 }),
    ]),
    ...families.filter(isGrid).map((f) => Plot.line(f, { x: "energy", y: "quality", stroke: colour(f[0].model), strokeWidth: 1.5, strokeOpacity: 0.75 })),
    ...points.map((p) => Plot.dot([p], {
      className: "dots", x: "energy", y: "quality", r: p.baseline ? 5 : 5.5, symbol: symbol(p.model), strokeWidth: 2,
      stroke: colour(p.model), fill: p.equal && !p.baseline ? colour(p.model) : "var(--paper)",
    })),
    ...families.map((f) => Plot.text(f.filter((p) => p.size !== null), { className: "sizes", x: "energy", y: "quality", text: (p) => `${p.size}`, dy: 15, fontSize: 10, fill: "var(--soft)", ...halo })),
    ...families.map((f) => named(f.slice(-1), { x: "energy", y: "quality", text: (p) => titleOf(p.model), dx: 11, fill: colour(f[0].model) })),
    named(free, { x: "energy", y: "quality", text: (p) => titleOf(p.model), dy: -16, dx: narrow ? 6 : -4, textAnchor: narrow ? "start" : "end", fill: "var(--soft)" }),
    Plot.tip(points, Plot.pointer({
      x: "energy", y: "quality", fill: "var(--paper)", stroke: "var(--line)", textPadding: 10, title: describe,
    })),
  ];
  return Plot.plot({
    ...base(width), height: narrow ? 400 : 520, marginLeft: 48, marginRight: roomFor(families.map((f) => titleOf(f[0].model)).concat(""), width), marginTop: 34, marginBottom: 44,
    x: { type: "log", label: "energy of a run (log scale) →", tickFormat: joules, ticks: logTicks(points.flatMap((p) => [p.energy_low, p.energy_high]), narrow ? 4 : 9), tickSize: 0, inset: 12 },
    y: { label: `↑ ${data.metric}`, grid: true, nice: true, tickFormat: quality, tickSize: 0 },
    marks,
  });
}

function describe(p) {
  const lines = [
    p.label,
    `${data.metric} ${quality(p.quality)}${p.quality_low === null ? "" : ` (${quality(p.quality_low)} to ${quality(p.quality_high)})`}, ${p.seeds} seed${p.seeds > 1 ? "s" : ""}`,
    `${joules(p.energy)} (${joules(p.energy_low)} to ${joules(p.energy_high)}), ${p.method}`,
  ];
  if (p.grams !== null) lines.push(`${grams(p.grams)} CO2-eq`);
  if (p.price !== null) lines.push(`+.001 ${data.metric} for ${joules(p.price / 1000)} along the front`);
  lines.push(p.equal ? "cannot be told from the best" : "told apart from the best");
  return lines.join("\n");
}

function followPointer(article, plot) {
  const box = article.querySelector("[data-command]");
  const code = box.querySelector("code"), button = box.querySelector("button");
  plot.addEventListener("input", () => {
    if (!plot.value) return;
    box.hidden = false;
    code.textContent = plot.value.command;
    button.textContent = "Copy";
  });
  button.onclick = async () => {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  };
}
