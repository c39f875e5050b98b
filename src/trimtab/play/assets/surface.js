// What a network predicts, drawn: surfaces on canvases, points, lines, tables.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A colour of CSS, "#abc" or "#aabbcc", as three numbers. */
function channels(text) {
  const hex = text.replace("#", ""), wide = hex.length === 3 ? [...hex].map((each) => each + each).join("") : hex;
  return [0, 2, 4].map((at) => parseInt(wide.slice(at, at + 2), 16));
}

const bytesOf = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));

/** The colours from 0 to 255: one end, paper in the middle, the other end; or paper and one end. */
function scaleOf(kind) {
  const paper = channels(colour("paper")), ends = kind === "spread" ? [paper, channels(colour("violet"))] : [channels(colour("blue")), channels(colour("orange"))];
  const table = [];
  for (let value = 0; value < 256; value++) {
    const share = value / 255, side = kind === "spread" ? share : Math.abs(2 * share - 1);
    const end = kind === "spread" ? ends[1] : ends[share < 0.5 ? 0 : 1], strength = kind === "spread" ? side : 0.62 * side ** 0.8;
    table.push(paper.map((each, i) => Math.round(each + strength * (end[i] - each))));
  }
  return table;
}

/** Draws a surface of bytes over a canvas, and points over it. */
function drawSurface(canvas, text, kind, points, task) {
  const ratio = Math.min(2, devicePixelRatio || 1), size = Math.max(120, Math.round(canvas.clientWidth * ratio));
  if (canvas.width !== size) canvas.width = canvas.height = size;
  const bytes = bytesOf(text), side = Math.round(Math.sqrt(bytes.length)), table = scaleOf(kind);
  const small = document.createElement("canvas");
  small.width = small.height = side;
  const inner = small.getContext("2d"), image = inner.createImageData(side, side);
  bytes.forEach((value, i) => image.data.set([...table[value], 255], 4 * i));
  inner.putImageData(image, 0, 0);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, size, size);
  if (kind === "surface" && task !== "regression") border(context, bytes, side, size);
  if (points) drawPoints(context, points, size, ratio, task);
}

/** The line where both classes are equally likely. */
function border(context, bytes, side, size) {
  const step = size / side, place = (at) => (at + 0.5) * step, value = (x, y) => bytes[y * side + x] - 127.5;
  context.strokeStyle = colour("ink");
  context.lineWidth = size / 420;
  context.beginPath();
  for (let y = 0; y + 1 < side; y++) for (let x = 0; x + 1 < side; x++) {
    const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]], cuts = [];
    corners.forEach(([ax, ay], i) => {
      const [bx, by] = corners[(i + 1) % 4], a = value(ax, ay), b = value(bx, by);
      if (a < 0 !== b < 0) { const t = a / (a - b); cuts.push([place(ax + t * (bx - ax)), place(ay + t * (by - ay))]); }
    });
    for (let i = 0; i + 1 < cuts.length; i += 2) { context.moveTo(...cuts[i]); context.lineTo(...cuts[i + 1]); }
  }
  context.stroke();
}

/** Shapes tell classes apart, filled from open ones those to train on. */
function drawPoints(context, points, size, ratio, task) {
  const at = scaled(-points.span, points.span, 0, size), count = points.train[1].length;
  const radius = ratio * (count > 800 ? 2.2 : count > 300 ? 3 : 3.8), ink = colour("ink"), paper = colour("paper");
  const table = scaleOf("surface"), ends = [colour("blue"), colour("orange")];
  const all = [...points.train[1], ...points.valid[1]], low = Math.min(...all), high = Math.max(...all);
  for (const part of ["train", "valid"]) {
    const [[xs, ys], targets] = points[part];
    xs.forEach((x, i) => {
      const px = at(x), py = size - at(ys[i]), kind = task === "regression" ? 0 : targets[i];
      context.beginPath();
      if (kind === 0) context.arc(px, py, radius, 0, 7);
      else { context.moveTo(px, py - 1.25 * radius); context.lineTo(px + 1.15 * radius, py + 0.8 * radius); context.lineTo(px - 1.15 * radius, py + 0.8 * radius); context.closePath(); }
      const own = task === "regression" ? `rgb(${table[Math.round((255 * (targets[i] - low)) / (high - low || 1))]})` : ends[kind];
      context.lineWidth = (part === "valid" ? 1.6 : 0.9) * ratio;
      context.fillStyle = part === "valid" && task !== "regression" ? paper : own;
      context.strokeStyle = part === "valid" ? (task === "regression" ? ink : own) : task === "regression" ? colour("soft") : paper;
      context.fill();
      context.stroke();
    });
  }
}

/** A panel with axes; returns it and its two scales. */
function panel(xs, ys, xName, yName, height = 330) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 440 ${height}`);
  svg.setAttribute("role", "img");
  const [x, y] = axes(svg, [4, 4, 430, height - 2], xs, ys, xName, yName);
  return [svg, x, y];
}

/** A curve of one input, the points around it, and what thinned networks have instead. */
function linesOf(look, points) {
  const { span, train, valid } = points, all = known([...train[1], ...valid[1], ...look.mean]);
  const low = Math.min(...all, -2), high = Math.max(...all, 2);
  const [svg, x, y] = panel([-span, span], [low, high], "x", "y");
  const inside = (value) => Math.min(high + 0.2, Math.max(low - 0.2, value ?? 0));
  const line = (ys, kind) => add(svg, "path", { d: path(look.x.map(x), ys.map((each) => y(inside(each)))), class: kind });
  dots(svg, train, x, y, "own");
  dots(svg, valid, x, y, "held");
  for (const each of look.thinned ?? []) line(each, "thinned");
  line(look.mean, "line");
  return svg;
}

function dots(svg, [xs, ys], x, y, kind) {
  const at = Array.isArray(xs[0]) ? xs[0] : xs;
  at.forEach((each, i) => {
    if (each !== null && ys[i] !== null) add(svg, "circle", { cx: x(each).toFixed(1), cy: y(ys[i]).toFixed(1), r: 3.1, class: `dots ${kind}` });
  });
}

/** Predicted against actual values: right ones are on the diagonal. */
function actualOf(look) {
  const actual = known([...look.train[0], ...look.valid[0]]), room = 0.04 * (Math.max(...actual) - Math.min(...actual) || 1);
  const low = Math.min(...actual) - room, high = Math.max(...actual) + room;
  const [svg, x, y] = panel([low, high], [low, high], `actual ${look.target}`, "predicted", 400);
  add(svg, "path", { d: `M${x(low)} ${y(low)}L${x(high)} ${y(high)}`, class: "diagonal" });
  const inside = (part) => [part[0], part[1].map((value) => (value === null ? null : Math.min(high, Math.max(low, value))))];
  dots(svg, inside(look.train), x, y, "own");
  dots(svg, inside(look.valid), x, y, "held");
  return svg;
}

/** Validation rows by class and predicted class. */
function confusionOf(look) {
  const table = document.createElement("table"), body = document.createElement("tbody"), head = document.createElement("thead");
  const cell = (row, name, text, scope = "") => {
    const made = document.createElement(name);
    made.textContent = text;
    if (scope) made.scope = scope;
    row.append(made);
    return made;
  };
  table.className = "confusion";
  const caption = document.createElement("caption");
  caption.textContent = "Validation rows: their class down the side, the predicted one along the top" + (look.rest ? `; ${look.rest} rows of other classes are left out` : "");
  const top = document.createElement("tr");
  cell(top, "td", "");
  for (const name of look.classes) cell(top, "th", name, "col");
  head.append(top);
  look.counts.forEach((counts, i) => {
    const row = document.createElement("tr"), total = counts.reduce((a, b) => a + b, 0);
    cell(row, "th", look.classes[i], "row");
    counts.forEach((count, j) => {
      const made = cell(row, "td", String(count));
      made.style.setProperty("--share", total ? (count / total).toFixed(3) : "0");
      if (i === j) made.className = "right";
    });
    body.append(row);
  });
  table.append(caption, head, body);
  const scroll = document.createElement("div");
  scroll.className = "scroll";
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Confusion matrix");
  scroll.append(table);
  return scroll;
}
