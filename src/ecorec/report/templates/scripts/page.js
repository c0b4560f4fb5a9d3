// Draws every figure at the width it has; a figure without anything to show is absent.
const PLOTS = { front: drawFront, cost: drawCost, gain: drawGain, curves: drawCurves, phases: drawPhases, ladder: drawLadder, latency: drawLatency, life: drawLife };

function draw() {
  for (const article of document.querySelectorAll("[data-benchmark]")) {
    const benchmark = data.benchmarks[Number(article.dataset.benchmark)];
    for (const figure of article.querySelectorAll("[data-plot]")) {
      const width = Math.max(300, Math.min(1100, figure.clientWidth));
      const plot = PLOTS[figure.dataset.plot](benchmark, width);
      if (plot === null) {
        figure.closest("section").hidden = true;
        continue;
      }
      show(figure, plot);
      if (figure.dataset.plot === "front") followPointer(article, plot);
    }
  }
}

followSliders();
draw();
tableOfRuns();
performance.mark("drawn");
let waiting = null;
let drawnAt = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === drawnAt) return;
  drawnAt = innerWidth;
  clearTimeout(waiting);
  waiting = setTimeout(draw, 150);
});
