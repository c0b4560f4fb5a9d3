// What training spent: validation against joules so far, and joules by phase.
function drawCurves(benchmark, width) {
  const known = benchmark.curves.filter((c) => c.joules !== null && c.joules > 0);
  if (!known.length) return null;
  const sizes = [...new Set(known.map((c) => c.size))].sort((a, b) => a - b);
  const narrow = isNarrow(width);
  const facet = narrow ? { fy: "size" } : { fx: "size" };
  const named = known.filter((c) => c.size === sizes[0]);
  const last = trained.map((m) => named.filter((c) => c.model === m.name).at(-1)).filter(Boolean);
  const ends = apart(last, "value", d3.extent(known, (c) => c.value), false);
  return Plot.plot({
    ...base(width), height: narrow ? 80 + 170 * sizes.length : 340, marginLeft: 48, marginTop: narrow ? 30 : 44, marginBottom: 42, marginRight: narrow ? 40 : 16,
    [narrow ? "fy" : "fx"]: { label: null, domain: sizes, tickFormat: (s) => `d = ${s}` },
    x: { type: "log", label: "joules of training so far (log scale) →", tickFormat: joules, ticks: 2, tickSize: 0 },
    y: { label: `↑ validation ${data.metric}`, grid: true, nice: true, tickFormat: quality, ticks: 5, tickSize: 0 },
    marks: [
      ...trained.flatMap((m) => {
        const lines = known.filter((c) => c.model === m.name);
        return [
          Plot.line(lines, { ...facet, x: "joules", y: "value", z: "label", stroke: colour(m.name), strokeWidth: 2 }),
          Plot.dot(lines, { ...facet, x: "joules", y: "value", symbol: symbol(m.name), fill: colour(m.name), r: 2.8, title: (c) => `${c.label}, epoch ${c.epoch}: ${quality(c.value)} after ${joules(c.joules)}` }),
        ];
      }),
      ...ends.map((c) => Plot.text([c], { ...facet, x: "joules", y: "at", text: () => titleOf(c.model), textAnchor: "start", dx: 8, fontWeight: 600, fill: colour(c.model), ...halo })),
    ],
  });
}

const PHASES = ["load", "split", "graph", "init", "train", "validate", "test", "checkpoint", "other"];
const SHADES = { train: "var(--p-train)", validate: "var(--p-validate)", test: "var(--p-test)", other: "var(--line)" };

function drawPhases(benchmark, width) {
  const labels = benchmark.points.filter((p) => p.energy !== null).map((p) => p.label);
  const totals = benchmark.points.filter((p) => p.energy !== null);
  const names = [...new Set(benchmark.phases.map((d) => d.phase))].sort((a, b) => PHASES.indexOf(a) - PHASES.indexOf(b));
  const before = names.filter((n) => !(n in SHADES));
  const shade = (name) => SHADES[name] ?? `color-mix(in srgb, var(--soft) ${30 + (60 * before.indexOf(name)) / Math.max(1, before.length)}%, var(--paper))`;
  const longest = Math.max(...labels.map((label) => label.length));
  const plot = Plot.plot({
    ...base(width), height: 60 + 24 * labels.length, marginLeft: Math.min(24 + 6.4 * longest, width * 0.4), marginRight: 62, marginTop: 8, marginBottom: 36,
    x: { label: "share of the joules of a run →", percent: true, ticks: 5, tickSize: 0, tickFormat: (v) => `${v} %` },
    y: { label: null, domain: labels, tickSize: 0 },
    marks: [
      ...[Plot.barX(benchmark.phases, Plot.stackX({
        x: "energy", y: "label", offset: "normalize", order: (d) => PHASES.indexOf(d.phase), fill: (d) => shade(d.phase),
        title: (d) => `${d.label}, ${d.phase}: ${joules(d.energy)}`, insetTop: 3, insetBottom: 3, insetRight: 0.5,
      }))],
      Plot.text(totals, { y: "label", text: (p) => joules(p.energy), frameAnchor: "right", dx: 8, textAnchor: "start", fill: "currentColor" }),
    ],
  });
  const legend = document.createElement("p");
  legend.className = "legend";
  for (const name of names) {
    const key = document.createElement("span"), swatch = document.createElement("i");
    swatch.style.background = shade(name);
    key.append(swatch, name);
    legend.append(key);
  }
  const both = document.createElement("div");
  both.append(legend, plot);
  return both;
}
