scene = {
  choiceName: "Rate",
  choices: facts.rates.map((rate) => `${rate}`),
  steps: (choice) => facts.runs[choice].loss.length,
  stepSaid: (choice, step) => `${step + 1} of ${facts.runs[choice].loss.length}`,
  said(choice, step) {
    const run = facts.runs[choice], gone = run.dropped[step].flat().length;
    const hidden = facts.widths.slice(1, -1).reduce((a, b) => a + b);
    return `Step ${step + 1} with dropout ${facts.rates[choice]}: ${gone} of ${hidden} hidden units are dropped ` +
      `for the first row of the batch; the loss of the batch is ${run.loss[step].toFixed(3)}.`;
  },
  draw(root, width, choice, step) {
    const run = facts.runs[choice], tall = width < 560 ? 30 : 38, radius = width < 560 ? 9 : 12;
    const most = Math.max(...facts.widths), high = most * tall + 26;
    const side = width < 560 ? 34 : 70;
    const x = scaled(0, facts.widths.length - 1, side, width - side);
    const y = (units, unit) => 18 + ((most - units) / 2 + unit) * tall;
    const gone = (layer, unit) => layer > 0 && layer < facts.widths.length - 1 && run.dropped[step][layer - 1].includes(unit);
    for (let layer = 0; layer + 1 < facts.widths.length; layer++)
      for (let a = 0; a < facts.widths[layer]; a++)
        for (let b = 0; b < facts.widths[layer + 1]; b++)
          if (!gone(layer, a) && !gone(layer + 1, b))
            add(root, "line", {
              x1: x(layer), y1: y(facts.widths[layer], a), x2: x(layer + 1), y2: y(facts.widths[layer + 1], b), class: "link",
            });
    facts.widths.forEach((units, layer) => {
      for (let unit = 0; unit < units; unit++) {
        const cx = x(layer), cy = y(units, unit), off = radius * 0.62, dropped = gone(layer, unit);
        add(root, "circle", { cx, cy, r: radius, class: dropped ? "unit gone" : "unit" });
        if (dropped)
          add(root, "path", { class: "cross", d: `M${cx - off} ${cy - off}L${cx + off} ${cy + off}M${cx - off} ${cy + off}L${cx + off} ${cy - off}` });
      }
      const name = layer === 0 ? "columns" : layer === facts.widths.length - 1 ? "output" : "dropout";
      add(root, "text", { x: x(layer), y: high + 6, "text-anchor": "middle", class: "soft" }, name);
    });
    const losses = facts.runs.flatMap((each) => each.loss);
    const box = [0, high + 22, width - 12, high + 182];
    const [at, down] = axes(root, box, [1, run.loss.length], [0, Math.max(...losses) * 1.05], "step", "loss of the batch");
    const seen = run.loss.slice(0, step + 1);
    add(root, "path", { d: path(seen.map((_, i) => at(i + 1)), seen.map(down)), class: "line blue" });
    add(root, "circle", { cx: at(step + 1), cy: down(run.loss[step]), r: 4.5, class: "fill-blue" });
    return box[3];
  },
};
