scene = {
  delay: 300,
  steps: () => facts.runs[0].loss.length,
  stepSaid: (_, step) => `${step * facts.between}`,
  said(_, step) {
    const each = facts.runs.map((run, i) =>
      `${facts.names[i]}: mean ${run.mean[step].toFixed(2)}, standard deviation ${run.deviation[step].toFixed(2)}, ` +
      `validation loss ${run.loss[step].toFixed(3)}`);
    return `After ${step * facts.between} steps the last relu gets, ${each.join("; ")}.`;
  },
  draw(root, width, _, step) {
    const narrow = width < 560, colors = ["orange", "blue"], tall = narrow ? 150 : 210;
    const high = 1.05 * Math.max(...facts.runs.flatMap((run) => run.shares.slice(1).flat()));
    facts.runs.forEach((run, i) => {
      const left = narrow ? 0 : i * (width / 2 + 8), right = narrow ? width - 8 : left + width / 2 - 16;
      const top = narrow ? i * tall : 0;
      const [x, y] = axes(root, [left, top, right, top + tall], [facts.low, facts.high], [0, high], "input of the last relu", facts.names[i], false);
      const size = (facts.high - facts.low) / run.shares[step].length;
      run.shares[step].forEach((share, bin) => {
        const from = x(facts.low + bin * size), to = x(facts.low + (bin + 1) * size), peak = y(Math.min(share, high));
        add(root, "rect", { x: from, y: peak, width: Math.max(0.5, to - from - 0.6), height: Math.max(0, y(0) - peak), class: `fill-${colors[i]}` });
      });
      add(root, "line", { x1: x(0), x2: x(0), y1: y(0), y2: y(high), class: "axis" });
      add(root, "text", { x: right, y: top + 34, "text-anchor": "end", class: "soft" }, `mean ${run.mean[step].toFixed(2)}, sd ${run.deviation[step].toFixed(2)}`);
    });
    const top = narrow ? 2 * tall + 8 : tall + 14, last = (facts.runs[0].loss.length - 1) * facts.between;
    const highest = 1.05 * Math.max(...facts.runs.flatMap((run) => run.loss));
    const [at, down] = axes(root, [0, top, width - 14, top + 170], [0, last], [0, highest], "step", "validation loss");
    facts.runs.forEach((run, i) => {
      const seen = run.loss.slice(0, step + 1);
      add(root, "path", { d: path(seen.map((_, n) => at(n * facts.between)), seen.map(down)), class: `line ${colors[i]}` });
      add(root, "circle", { cx: at(step * facts.between), cy: down(run.loss[step]), r: 4.5, class: `fill-${colors[i]}` });
    });
    return top + 172;
  },
};
