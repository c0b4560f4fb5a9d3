// What training spent: validation against joules so far, and joules by phase.
function drawCurves(benchmark, width) {
  const known = benchmark.curves.flatMap((c) => c.joules.map((joules, i) => ({ ...c, joules, value: c.values[i], epoch: c.epochs[i] }))).filter((c) => c.joules > 0);
  if (!known.length) return null;
  const sizes = [...new Set(known.map((c) => c.size))].sort((a, b) => a - b);
  const narrow = isNarrow(width);
  const facet = narrow ? { fy: "size" } : { fx: "size" };
  // At the right edge, beside the largest size that a model has: there no line passes.
  const edge = d3.max(known, (c) => c.joules), at = narrow ? sizes[0] : sizes[sizes.length - 1];
  const ends = trained.map((m) => {
    const own = known.filter((c) => c.model === m.name);
    return own.filter((c) => c.size === (own.some((c) => c.size === at) ? at : d3.max(own, (c) => c.size))).at(-1);
  }).filter(Boolean).map((c) => ({ ...c, joules: edge, size: at }));
  const dotted = known.length <= 1500;
  return Plot.plot({
    ...base(width), height: narrow ? 80 + 170 * sizes.length : 340, marginLeft: 48, marginTop: narrow ? 30 : 44, marginBottom: 42, marginRight: roomFor(ends.map((c) => titleOf(c.model)), width),
    [narrow ? "fy" : "fx"]: { label: null, domain: sizes, ...(narrow ? { axis: null } : { tickFormat: (s) => `d = ${s}` }) },
    x: { type: "log", label: "joules of training so far (log scale) →", tickFormat: joules, ticks: logTicks(known.map((c) => c.joules), sizes.length > 4 && !narrow ? 2 : 3), tickSize: 0 },
    y: { label: `↑ validation ${data.metric}`, grid: true, nice: true, tickFormat: quality, ticks: 5, tickSize: 0 },
    marks: [
      ...(narrow ? [Plot.text(sizes, { fy: (s) => s, frameAnchor: "top-left", dx: 4, text: (s) => `d = ${s}`, fontWeight: 600, fill: "currentColor", ...halo })] : []),
      ...trained.flatMap((m) => {
        const lines = known.filter((c) => c.model === m.name);
        return [
          Plot.line(lines, { ...facet, x: "joules", y: "value", z: "label", stroke: colour(m.name), strokeWidth: 2 }),
          ...(dotted ? [Plot.dot(lines, { ...facet, x: "joules", y: "value", symbol: symbol(m.name), fill: colour(m.name), r: 2.8, title: (c) => `${c.label}, epoch ${c.epoch}: ${quality(c.value)} after ${joules(c.joules)}` })] : []),
        ];
      }),
      ...ends.map((c) => named([c], { ...facet, x: "joules", y: "value", text: () => titleOf(c.model), dx: 10, fill: colour(c.model) })),
    ],
  });
}

const PHASES = ["load", "split", "graph", "init", "train", "validate", "test", "checkpoint", "other"];
const SHADES = { train: "var(--p-train)", validate: "var(--p-validate)", test: "var(--p-test)", other: "var(--line)" };

const MOST_BARS = 40;

function drawPhases(benchmark, width) {
  const totals = benchmark.points.filter((p) => p.energy !== null).slice(0, MOST_BARS);
  const labels = totals.map((p) => p.label);
  const shown = benchmark.phases.filter((d) => labels.includes(d.label));
  const names = [...new Set(shown.map((d) => d.phase))].sort((a, b) => PHASES.indexOf(a) - PHASES.indexOf(b));
  const before = names.filter((n) => !(n in SHADES));
  const shade = (name) => SHADES[name] ?? `color-mix(in srgb, var(--soft) ${30 + (60 * before.indexOf(name)) / Math.max(1, before.length)}%, var(--paper))`;
  const longest = Math.max(...labels.map((label) => label.length));
  const plot = Plot.plot({
    ...base(width), height: 60 + 24 * labels.length, marginLeft: Math.min(24 + 6.4 * longest, width * 0.4), marginRight: 62, marginTop: 8, marginBottom: 36,
    x: { label: "share of the joules of a run →", percent: true, ticks: isNarrow(width) ? [0, 50, 100] : 5, tickSize: 0, tickFormat: (v) => `${v} %` },
    y: { label: null, domain: labels, tickSize: 0 },
    marks: [
      Plot.barX(shown, Plot.stackX({
        x: "energy", y: "label", offset: "normalize", order: (d) => PHASES.indexOf(d.phase), fill: (d) => shade(d.phase),
        title: (d) => `${d.label}, ${d.phase}: ${joules(d.energy)}`, insetTop: 3, insetBottom: 3, insetRight: 0.5,
      })),
      Plot.text(totals, { y: "label", text: (p) => joules(p.energy), frameAnchor: "right", dx: 8, textAnchor: "start", fill: "currentColor" }),
    ],
  });
  return below(legendOf(names.map((name) => [name, shade(name)])), plot);
}
