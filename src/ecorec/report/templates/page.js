"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
// Okabe and Ito's colours, told apart by people who see few of them; one a model, in all figures.
const palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D1F", "#7A5195"];
const symbols = ["circle", "triangle", "square", "diamond", "star", "wye", "cross"];
const trained = [...new Set(data.arenas.flatMap((a) => a.points.filter((p) => !p.baseline).map((p) => p.model)))].sort();
const color = (model) => (trained.includes(model) ? palette[trained.indexOf(model) % palette.length] : "#8a8f94");
const symbol = (model) => symbols[Math.max(0, trained.indexOf(model)) % symbols.length];
const metric = data.metric.toUpperCase();
const joules = (j) => (j >= 1e6 ? (j / 1e6).toPrecision(3) + " MJ" : j >= 1e3 ? (j / 1e3).toPrecision(3) + " kJ" : j.toPrecision(3) + " J");
const widthOf = (figure) => Math.max(320, Math.min(1040, figure.clientWidth || 320));
const base = { style: { background: "transparent", fontSize: "12px" } };

function front(figure, arena) {
  const points = arena.points.filter((p) => p.energy !== null);
  const line = points.filter((p) => p.front).sort((a, b) => a.energy - b.energy);
  const narrow = widthOf(figure) < 600;
  const bests = [...new Set(points.map((p) => p.model))].map((m) => points.filter((p) => p.model === m).sort((a, b) => b.quality - a.quality)[0]);
  const named = points.filter((p) => p.front || p.baseline || bests.includes(p));
  return Plot.plot({
    ...base, width: widthOf(figure), height: narrow ? 360 : 470, marginLeft: 56, marginRight: narrow ? 30 : 100, marginTop: 30,
    x: { type: "log", label: "energy of a run, J (log) →", grid: true, tickFormat: "~s" },
    y: { label: `↑ ${metric}`, grid: true, nice: true },
    symbol: { legend: false, range: symbols },
    marks: [
      Plot.line(line, { x: "energy", y: "quality", curve: "step-after", stroke: "currentColor", strokeOpacity: 0.45, strokeDasharray: "5 4" }),
      Plot.ruleY(points, { y: "quality", x1: "energy_low", x2: "energy_high", stroke: "gray", strokeOpacity: 0.35 }),
      Plot.ruleX(points, { x: "energy", y1: "quality_low", y2: "quality_high", stroke: "gray", strokeOpacity: 0.35 }),
      ...[...new Set(points.map((p) => p.model))].map((model) =>
        Plot.dot(points.filter((p) => p.model === model), {
          x: "energy", y: "quality", r: (p) => (p.size ? 3.5 + Math.log2(p.size / 16) : 6), symbol: symbol(model),
          stroke: color(model), strokeWidth: 2, fill: (p) => (p.equal ? color(model) : "var(--paper)"), tip: false,
        })),
      Plot.text(named, { x: "energy", y: "quality", text: "label", dx: 9, dy: -9, textAnchor: "start", fill: (p) => color(p.model), stroke: "var(--paper)", strokeWidth: 4, fontWeight: 600, clip: false }),
      Plot.tip(points, Plot.pointer({
        x: "energy", y: "quality", fill: "var(--paper)", stroke: "var(--line)", textPadding: 10,
        title: (p) => `${p.label}\n${metric} ${p.quality.toFixed(4)} (${p.seeds} seed${p.seeds > 1 ? "s" : ""})\n${joules(p.energy)} (${joules(p.energy_low)} to ${joules(p.energy_high)}), ${p.method}` + (p.grams === null ? "" : `\n${p.grams.toPrecision(3)} g CO2-eq`) + (p.equal ? "\ncannot be told from the best" : ""),
      })),
    ],
  });
}

function bySize(figure, arena, field, label, log) {
  const points = arena.points.filter((p) => p.size !== null && p[field] !== null);
  const baselines = arena.points.filter((p) => p.baseline && field === "quality");
  if (!points.length) return null;
  const ends = trained.map((m) => points.filter((p) => p.model === m).sort((a, b) => b.size - a.size)[0]).filter(Boolean);
  return Plot.plot({
    ...base, width: widthOf(figure), height: 340, marginLeft: 56, marginRight: 76, marginTop: 30,
    x: { type: "log", base: 2, label: "embedding size →", ticks: [...new Set(points.map((p) => p.size))], tickFormat: (d) => String(d) },
    y: { type: log ? "log" : "linear", label, grid: true, nice: !log, tickFormat: log ? "~s" : undefined },
    marks: [
      ...baselines.map((p) => Plot.ruleY([p], { y: "quality", stroke: "gray", strokeDasharray: "3 3" })),
      Plot.text(baselines, { y: "quality", text: "label", frameAnchor: "left", dx: 4, dy: -7, fill: "gray", textAnchor: "start" }),
      ...trained.map((m) => Plot.areaY(points.filter((p) => p.model === m), { x: "size", y1: `${field}_low`, y2: `${field}_high`, fill: color(m), fillOpacity: 0.09, sort: "size" })),
      ...trained.map((m) => Plot.line(points.filter((p) => p.model === m), { x: "size", y: field, stroke: color(m), strokeWidth: 2, sort: "size" })),
      ...trained.map((m) => Plot.dot(points.filter((p) => p.model === m), { x: "size", y: field, symbol: symbol(m), fill: color(m), r: 4.5, title: (p) => `${p.label}: ${field === "quality" ? p.quality.toFixed(4) : p[field].toPrecision(3)}` })),
      Plot.text(ends, { x: "size", y: field, text: "title", dx: 10, textAnchor: "start", fill: (p) => color(p.model), fontWeight: 600, stroke: "var(--paper)", strokeWidth: 3 }),
    ],
  });
}

function curves(figure, arena) {
  const sizes = [...new Set(arena.curves.map((c) => c.size))].sort((a, b) => a - b);
  const narrow = widthOf(figure) < 600;
  return Plot.plot({
    ...base, width: widthOf(figure), height: narrow ? 120 + 150 * sizes.length : 330, marginLeft: 56, marginTop: 34,
    ...(narrow ? { fy: { label: "embedding size", domain: sizes } } : { fx: { label: "embedding size", domain: sizes } }),
    x: { type: "log", label: "joules of training so far (log) →", tickFormat: "~s", ticks: 4 },
    y: { label: `↑ validation ${metric}`, grid: true, nice: true },
    marks: trained.flatMap((m) => {
      const lines = arena.curves.filter((c) => c.model === m);
      const facet = narrow ? { fy: "size" } : { fx: "size" };
      return [
        Plot.line(lines, { ...facet, x: "joules", y: "value", z: "label", stroke: color(m), strokeWidth: 2, sort: "epoch" }),
        Plot.dot(lines, { ...facet, x: "joules", y: "value", symbol: symbol(m), fill: color(m), r: 3, title: (c) => `${c.label}, epoch ${c.epoch}: ${c.value.toFixed(4)} after ${joules(c.joules)}` }),
      ];
    }),
  });
}

function phases(figure, arena) {
  const order = ["load", "split", "graph", "init", "train", "validate", "test", "checkpoint"];
  const shades = ["#b9c4cc", "#9fb0bb", "#8aa0ae", "#6d8797", "#0072B2", "#E69F00", "#D55E00", "#7b7b7b"];
  const totals = arena.points.filter((p) => p.energy !== null);
  const narrow = widthOf(figure) < 600;
  return Plot.plot({
    ...base, width: widthOf(figure), height: 70 + 22 * totals.length, marginLeft: 120, marginRight: 70,
    x: { label: "share of booked joules →", percent: true }, y: { label: null, domain: totals.map((p) => p.label) },
    color: { domain: order, range: shades, legend: !narrow },
    marks: [
      Plot.barX(arena.phases, Plot.stackX({ x: "energy", y: "label", fill: "phase", offset: "normalize", order, title: (d) => `${d.label}, ${d.phase}: ${joules(d.energy)}`, insetTop: 2, insetBottom: 2 })),
      Plot.text(totals, { y: "label", text: (p) => joules(p.energy), frameAnchor: "right", dx: 8, textAnchor: "start" }),
    ],
  });
}

function draw() {
  for (const article of document.querySelectorAll("[data-arena]")) {
    const arena = data.arenas[Number(article.dataset.arena)];
    const cost = data.grid ? ["grams", "↑ g CO2-eq of a run (log)"] : ["energy", "↑ energy of a run, J (log)"];
    const plots = {
      front, curves, phases,
      cost: (figure) => bySize(figure, arena, ...cost, true),
      gain: (figure) => bySize(figure, arena, "quality", `↑ ${metric}`, false),
    };
    for (const figure of article.querySelectorAll("[data-plot]")) {
      const plot = plots[figure.dataset.plot](figure, arena);
      if (plot === null) { figure.closest("section").hidden = true; continue; }
      figure.replaceChildren(plot);
      if (figure.dataset.plot === "front") followPointer(article, plot);
    }
  }
}

function followPointer(article, plot) {
  const box = article.querySelector(".command");
  plot.addEventListener("input", () => {
    if (!plot.value) return;
    box.hidden = false;
    box.querySelector("code").textContent = plot.value.command;
  });
  box.querySelector("button").onclick = () => navigator.clipboard.writeText(box.querySelector("code").textContent);
}

function runTable() {
  const table = document.querySelector("table.runs");
  const { columns, rows } = data.runs;
  let sorted = { column: null, up: true };
  const text = (v) => (v === null ? "" : typeof v === "number" && !Number.isInteger(v) ? (Math.abs(v) < 1 ? v.toFixed(4) : v.toPrecision(4)) : String(v));
  const search = document.querySelector("input[type=search]");
  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let kept = rows.filter((row) => words.every((w) => row.some((v) => text(v).toLowerCase() === w || (isNaN(w) && text(v).toLowerCase().includes(w)))));
    if (sorted.column !== null) {
      const at = sorted.column;
      kept = [...kept].sort((a, b) => (sorted.up ? 1 : -1) * d3.ascending(a[at] ?? -Infinity, b[at] ?? -Infinity));
    }
    const head = document.createElement("thead"), body = document.createElement("tbody"), titles = head.insertRow();
    columns.forEach((name, at) => {
      const cell = document.createElement("th");
      cell.textContent = name; cell.tabIndex = 0;
      if (at === sorted.column) cell.setAttribute("aria-sort", sorted.up ? "ascending" : "descending");
      cell.onclick = () => { sorted = { column: at, up: sorted.column === at ? !sorted.up : true }; show(); };
      titles.append(cell);
    });
    for (const row of kept) { const line = body.insertRow(); for (const value of row) line.insertCell().textContent = text(value); }
    table.replaceChildren(head, body);
    document.querySelector("[data-count]").textContent = `${kept.length} of ${rows.length} runs`;
  }
  search.oninput = show;
  document.querySelector("[data-download]").onclick = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([d3.csvFormatRows([columns, ...rows.map((r) => r.map((v) => v ?? ""))])], { type: "text/csv" }));
    link.download = "runs.csv"; link.click(); URL.revokeObjectURL(link.href);
  };
  show();
}

draw();
runTable();
let waiting = null;
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 150); });
