// A model in use: joules and latency against load, and what it draws over a year of use.
const CADENCES = [[null, "never"], [365, "each year"], [30, "each 30 days"], [7, "each week"], [1, "each day"], [1 / 24, "each hour"]];
const DASHES = [null, "6 3", "2 3", "8 3 2 3", "1 4"];
const milliseconds = (s) => `${Number((1000 * s).toPrecision(3))} ms`;
const count = (n) => scaled(n, [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]]).trim();

// Each system has its model's colour; a second one of a model is dashed.
function strokes(systems) {
  const seen = new Map();
  return new Map(systems.map((s) => {
    const n = seen.get(s.model) ?? 0;
    seen.set(s.model, n + 1);
    return [s.label, { stroke: colour(s.model), dash: DASHES[n % DASHES.length] }];
  }));
}

// A dashed line's key is dashed, too.
const swatch = ({ stroke, dash }) => (dash === null ? stroke : `repeating-linear-gradient(90deg, ${stroke} 0 3px, transparent 3px 5px)`);

function drawAgainstLoad(benchmark, width, options) {
  const { ladder, systems } = benchmark.deployment;
  const points = ladder.filter((p) => options.values.some((name) => p[name] !== null && p[name] > 0));
  if (!points.length) return null;
  const looks = strokes(systems);
  const lines = d3.groups(points, (p) => p.label);
  const values = points.flatMap((p) => options.extent.map((name) => p[name])).filter((v) => v > 0);
  const narrow = isNarrow(width), ends = lines.map(([, line]) => line[line.length - 1]);
  const plot = Plot.plot({
    ...base(width), height: 360, marginLeft: 56, marginRight: narrow ? 20 : roomFor(ends.map((p) => p.label), width), marginTop: 34, marginBottom: 42,
    x: { label: "load, share of saturation →", percent: true, domain: [0, 100], ticks: narrow ? 2 : 5, tickFormat: (v) => `${v} %`, tickSize: 0 },
    y: { type: "log", label: options.label, grid: true, ticks: logTicks(values, 7), tickFormat: options.format, tickSize: 0 },
    marks: [
      ...lines.flatMap(([label, line]) => {
        const { stroke, dash } = looks.get(label);
        return options.marks(line.filter((p) => p[options.values[0]] > 0), stroke, dash);
      }),
      ...(narrow ? [] : ends.map((p) => named([p], { x: "load", y: options.values[0], text: "label", dx: 10, fontSize: 12, fill: colour(p.model) }))),
    ],
  });
  return narrow ? below(legendOf(ends.map((p) => [p.label, swatch(looks.get(p.label))])), plot) : plot;
}

const drawLadder = (benchmark, width) => drawAgainstLoad(benchmark, width, {
  values: ["energy_total"], extent: ["energy_total", "energy_low", "energy_high"], label: "↑ joules of 1,000 recommendations (log scale)", format: joules,
  marks: (line, stroke, dash) => [
    Plot.ruleX(line, { x: "load", y1: "energy_low", y2: "energy_high", stroke, strokeOpacity: 0.25, strokeWidth: 3 }),
    Plot.line(line, { x: "load", y: "energy_total", stroke, strokeWidth: 2, strokeDasharray: dash }),
    Plot.dot(line, { x: "load", y: "energy", fill: stroke, r: 3.5, title: (p) => `${p.label} at ${Math.round(100 * p.load)} %: ${joules(p.energy)} marginal (${joules(p.energy_low)} to ${joules(p.energy_high)}), ${joules(p.energy_total)} in total, ${p.method}; ${count(p.rate)} lists/s` }),
  ],
});

const drawLatency = (benchmark, width) => drawAgainstLoad(benchmark, width, {
  values: ["p99"], extent: ["p99", "p50"], label: "↑ latency, p99 and p50 (log scale)", format: milliseconds,
  marks: (line, stroke, dash) => [
    Plot.areaY(line, { x: "load", y1: "p50", y2: "p99", fill: stroke, fillOpacity: 0.07 }),
    Plot.line(line, { x: "load", y: "p99", stroke, strokeWidth: 2, strokeDasharray: dash }),
    Plot.line(line, { x: "load", y: "p50", stroke, strokeWidth: 1, strokeOpacity: 0.6 }),
    Plot.dot(line, { x: "load", y: "p99", fill: stroke, r: 3.5, title: (p) => `${p.label} at ${Math.round(100 * p.load)} %: p50 ${milliseconds(p.p50)}, p95 ${milliseconds(p.p95)}, p99 ${milliseconds(p.p99)}; ${p.errors} failed` }),
  ],
});

function operation(article, deployment) {
  const field = (name) => article.querySelector(`[data-sliders] [name=${name}]`);
  const say = (name, text) => { field(`${name}-out`).value = text; };
  const requests = 10 ** Number(field("requests").value);
  const [days, words] = CADENCES[Number(field("cadence").value)];
  say("requests", count(requests));
  say("cadence", words);
  if (deployment.grid === null) return { requests, days, words, per: 1 / 3.6e6, unit: (v) => `${Number(v.toPrecision(3))} kWh` };
  // The study's own factors as they are, until a slider moves: then as round as a hand can set them.
  const factor = (name, rounded) => {
    const value = Number(field(name).value);
    return value === deployment[name] ? value : rounded(value);
  };
  const grid = factor("grid", (value) => Number(value.toPrecision(3))), pue = factor("pue", (value) => Number(value.toFixed(2)));
  const shown = Number(grid.toPrecision(5));
  say("grid", grid === deployment.grid ? `${shown} (${deployment.place})` : String(shown));
  say("pue", String(Number(pue.toPrecision(5))));
  return { requests, days, words, per: (pue * grid) / 3.6e6, unit: grams };
}

const spent = (system, end, day, how) => {
  const trainings = how.days === null ? 1 : Math.max(1, Math.ceil(day / how.days));
  return trainings * system.training_energy[end] + day * ((how.requests * system.thousand_energy[end]) / 1000 + 86400 * system.idle_w[end]);
};

function drawLife(benchmark, width) {
  const { deployment } = benchmark;
  const systems = deployment.systems.filter((s) => deployment.compared.includes(s.label));
  const article = [...document.querySelectorAll("[data-benchmark]")][data.benchmarks.indexOf(benchmark)];
  const how = operation(article, deployment);
  const looks = strokes(deployment.systems);
  const days = d3.range(0, 366, 365 / 146);
  const lines = systems.map((s) => days.map((day) => ({ label: s.label, model: s.model, day, low: how.per * spent(s, 0, day, how), at: how.per * spent(s, 1, day, how), high: how.per * spent(s, 2, day, how) })));
  const least = d3.least(lines, (line) => line[line.length - 1].at);
  const end = least[least.length - 1];
  article.querySelector("[data-least]").textContent = `At ${count(how.requests)} recommendations a day, training again ${how.words}: ${end.label} draws least in a year, ${how.unit(end.at)} (${how.unit(end.low)} to ${how.unit(end.high)}), ${deployment.systems.find((s) => s.label === end.label).method}.`;
  const narrow = isNarrow(width), ends = lines.map((line) => line[line.length - 1]);
  const top = d3.max(lines, (line) => line[line.length - 1].at);
  const plot = Plot.plot({
    ...base(width), height: 380, marginLeft: 62, marginRight: narrow ? 20 : roomFor(ends.map((p) => p.label), width), marginTop: 34, marginBottom: 42,
    x: { label: "days →", domain: [0, 365], ticks: narrow ? 3 : 6, tickSize: 0 },
    y: { label: deployment.grid === null ? "↑ kWh" : "↑ CO₂-eq", grid: true, zero: true, ticks: 5, tickFormat: how.unit, tickSize: 0, domain: [0, 1.05 * top], clamp: true },
    marks: [
      ...lines.map((line) => Plot.areaY(line, { x: "day", y1: "low", y2: "high", fill: looks.get(line[0].label).stroke, fillOpacity: 0.06, clip: true })),
      ...lines.map((line) => Plot.line(line, { x: "day", y: "at", stroke: looks.get(line[0].label).stroke, strokeDasharray: looks.get(line[0].label).dash, strokeWidth: 2 })),
      ...(narrow ? [] : ends.map((p) => named([p], { x: "day", y: "at", text: "label", dx: 8, fontSize: 12, fill: colour(p.model) }))),
    ],
  });
  return narrow ? below(legendOf(ends.map((p) => [p.label, swatch(looks.get(p.label))])), plot) : plot;
}

function followSliders() {
  for (const form of document.querySelectorAll("[data-sliders]")) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      const article = form.closest("[data-benchmark]");
      const figure = article.querySelector("[data-plot=life]");
      const width = Math.max(300, Math.min(1100, figure.clientWidth));
      show(figure, drawLife(data.benchmarks[Number(article.dataset.benchmark)], width));
    });
  }
}
