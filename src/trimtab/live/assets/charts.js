// Charts of curves by epoch, in the look of the report: page.css names the classes.

/** A number as a person writes it: three digits, thousands with commas. */
function figure(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  return size !== 0 && size < 0.001 ? value.toExponential(1) : String(+value.toPrecision(3));
}

const known = (values) => values.filter((value) => value !== null && Number.isFinite(value));

/** Limits of the vertical axis: a steep beginning must not flatten the rest. */
function limits(lines) {
  const all = lines.flatMap((line) => known(line.ys));
  if (!all.length) return [0, 1];
  const low = Math.min(...all), high = Math.max(...all);
  const settled = lines.flatMap((line) => known(line.ys.slice(Math.floor(line.ys.length / 10))));
  const top = settled.length ? Math.max(...settled) : high;
  const used = high - low > 2 * (top - low) && top > low ? top : high;
  const room = used > low ? 0.06 * (used - low) : 0.5 * Math.max(Math.abs(used), 1e-6);
  return [low - room, used + room];
}

/** Ticks of a logarithmic axis, as logarithms: 1, 2 and 5 of each power, or some of the powers. */
function powers(low, high) {
  const few = high - low <= 2, every = Math.max(1, Math.floor((high - low) / 4)), found = [];
  for (let power = Math.floor(low); power <= high; power += few ? 1 : every)
    for (const factor of few ? [1, 2, 5] : [1]) {
      const at = power + Math.log10(factor);
      if (at >= low && at <= high) found.push(at);
    }
  return found;
}

/** At most so many points of a line; the last one is among them. */
function thinned(xs, ys, most = 500) {
  if (xs.length <= most) return [xs, ys];
  const step = Math.ceil(xs.length / most), at = xs.map((_, i) => i).filter((i) => i % step === 0);
  if (at[at.length - 1] !== xs.length - 1) at.push(xs.length - 1);
  return [at.map((i) => xs[i]), at.map((i) => ys[i])];
}

/** A text of at most so many letters, its middle left out. */
const cut = (text, most) => (text.length <= most ? text : `${text.slice(0, most >> 1)}…${text.slice(text.length - most + (most >> 1) + 1)}`);

/** Numbers above the top of the picture are left out, but for the way down from there. */
const inside = (ys, high) => ys.map((y, i) => (y === null || y <= high || (ys[i + 1] ?? Infinity) <= high ? y : null));

/** Draws lines by epoch. Each line: name, kind (classes), xs, ys; label: whether its end is named. */
function chart(figureBox, { title, note = "", lines, height = 230, log = false, best = null, said = "" }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const width = figureBox.classList.contains("first") && figureBox.clientWidth > 560 ? 720 : 420;
  const named = lines.filter((line) => line.label), left = 54, bottom = height - 40, top = 12;
  const right = width - (named.length ? 92 : 14);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  const drawn = lines.map((line) => ({ ...line, ys: log ? line.ys.map((y) => (y > 0 ? y : null)) : line.ys }));
  const last = Math.max(2, ...drawn.map((line) => line.xs[line.xs.length - 1] ?? 0));
  let [low, high] = limits(drawn);
  if (log) {
    const values = drawn.flatMap((line) => known(line.ys)).map(Math.log10);
    [low, high] = values.length ? [Math.min(...values) - 0.05, Math.max(...values) + 0.05] : [0, 1];
  }
  const x = scaled(1, last, left + 4, right), place = scaled(low, high, bottom, top);
  const y = (value) => place(log ? Math.log10(value) : value);
  for (const at of log ? powers(low, high) : ticks(low, high, 4)) {
    add(svg, "path", { d: `M${left} ${place(at).toFixed(1)}H${right}`, class: "grid" });
    add(svg, "text", { x: left - 7, y: place(at) + 4, "text-anchor": "end", class: "tick" }, figure(log ? 10 ** at : at));
  }
  add(svg, "path", { d: `M${left} ${bottom}H${right}`, class: "base" });
  for (const at of new Set(ticks(1, last, 5).map(Math.round)))
    if (at >= 1 && at <= last) add(svg, "text", { x: x(at), y: bottom + 17, "text-anchor": "middle", class: "tick" }, figure(at));
  add(svg, "text", { x: (left + right) / 2, y: height - 6, "text-anchor": "middle", class: "axis" }, "epoch");
  const ends = [];
  for (const line of drawn) {
    const [xs, all] = thinned(line.xs, line.ys), ys = log ? all : inside(all, high);
    let d = "", pen = "M", end = null;
    xs.forEach((at, i) => {
      const value = ys[i];
      if (value === null || !Number.isFinite(value)) { pen = "M"; return; }
      end = Math.min(bottom, Math.max(top - 4, y(value)));
      d += `${pen}${x(at).toFixed(1)} ${end.toFixed(1)}`;
      pen = "L";
    });
    if (d && !d.includes("L")) d += "h0";
    if (d) add(svg, "path", { d, class: `line ${line.kind}` });
    if (line.label && end !== null) ends.push([end, line.label, line.kind.split(" ")[0]]);
  }
  ends.sort((a, b) => a[0] - b[0]);
  let lowest = -Infinity;
  for (const each of ends) lowest = each[0] = Math.max(each[0], lowest + 16);
  lowest = bottom;
  for (const each of [...ends].reverse()) { each[0] = Math.min(each[0], lowest); lowest = each[0] - 16; }
  for (const [at, word, kind] of ends)
    add(svg, "text", { x: right + 8, y: at + 4, class: `name ${kind}` }, cut(word, 13));
  if (best && best.value !== null && best.epoch <= last) {
    const bx = x(best.epoch), by = Math.max(top, y(best.value));
    add(svg, "circle", { cx: bx, cy: by, r: 4.5, class: "best" });
    add(svg, "text", { x: bx, y: Math.max(by - 12, top + 10), "text-anchor": bx > right - 60 ? "end" : "middle", class: "note" }, `best: epoch ${best.epoch}`);
  }
  const words = lines.filter((line) => line.label).map((line) => `${line.label} ${figure(known(line.ys).pop())}`);
  svg.setAttribute("aria-label", `${said || title}, up to epoch ${figure(last)}. ${words.join(", ")}`);
  let caption = figureBox.querySelector("figcaption");
  if (!caption) {
    caption = document.createElement("figcaption");
    caption.textContent = title;
    if (note) {
      const small = document.createElement("small");
      small.textContent = note;
      caption.append(small);
    }
    figureBox.append(caption);
  }
  figureBox.querySelector("svg")?.remove();
  figureBox.append(svg);
}
