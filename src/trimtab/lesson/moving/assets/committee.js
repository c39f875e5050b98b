const meanOf = (count) => facts.x.map((_, i) => facts.members.slice(0, count).reduce((sum, each) => sum + each[i], 0) / count);

scene = {
  delay: 300,
  steps: () => facts.members.length,
  stepSaid: (_, step) => `${step + 1} network${step ? "s" : ""}`,
  said(_, step) {
    const own = facts.own.slice(0, step + 1).reduce((a, b) => a + b) / (step + 1);
    return `${step + 1} thinned network${step ? "s" : ""} (thin, blue) and their mean (thick, orange): one is off by ` +
      `${own.toFixed(3)} on average, the mean by ${facts.joint[step].toFixed(3)}.`;
  },
  draw(root, width, _, step) {
    const all = facts.members.flat(), tall = width < 560 ? 240 : 320, right = width - 14;
    const [x, y] = axes(root, [0, 0, right, tall], [-3, 3], [Math.min(...all) - 0.1, Math.max(...all) + 0.1], "x", "prediction");
    facts.rows[0].forEach((at, i) => add(root, "circle", { cx: x(at), cy: y(facts.rows[1][i]), r: 2.6, class: "fill-soft" }));
    add(root, "path", { d: path(facts.x.map(x), facts.truth.map(y)), class: "line ink" });
    for (const each of facts.members.slice(0, step + 1))
      add(root, "path", { d: path(facts.x.map(x), each.map(y)), class: "thin blue" });
    add(root, "path", { d: path(facts.x.map(x), meanOf(step + 1).map(y)), class: "line orange", style: "stroke-width: 3.5px" });
    const top = tall + 12, most = Math.max(...facts.own) * 1.08;
    const [at, down] = axes(root, [0, top, right, top + 160], [0, facts.members.length + 1], [0, most], "thinned networks", "error");
    facts.own.slice(0, step + 1).forEach((error, i) => add(root, "circle", { cx: at(i + 1), cy: down(error), r: 3, class: "fill-blue" }));
    const seen = facts.joint.slice(0, step + 1);
    add(root, "path", { d: path(seen.map((_, i) => at(i + 1)), seen.map(down)), class: "line orange" });
    return top + 162;
  },
};
