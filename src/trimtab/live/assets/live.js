// The live view: what the process that trains tells, drawn as it comes.
const runs = new Map(), tables = new Map(), dirty = new Set();
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let connected = null, waiting = false;

function clock(seconds) {
  const all = Math.round(seconds), h = Math.floor(all / 3600), m = Math.floor((all % 3600) / 60);
  const two = (value) => String(value).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(all % 60)}` : `${m}:${two(all % 60)}`;
}

// -- what comes ----------------------------------------------------------------------------------

function take(message) {
  if ("trials" in message) {
    const table = tables.get(message.trials) ?? {};
    Object.assign(table, message);
    tables.set(message.trials, table);
    dirty.add("trials");
    return;
  }
  if (message.gone) {
    runs.get(message.run)?.parts?.section.remove();
    runs.delete(message.run);
    dirty.add("head");
    return;
  }
  let run = runs.get(message.run);
  if (!run) {
    run = { number: message.run, title: "", at: [], series: {}, now: {}, findings: [], facts: [] };
    runs.set(message.run, run);
  }
  const { epochs, series, ...rest } = message;
  if (epochs) {
    const before = run.at.length;
    run.at.push(...epochs);
    for (const name of Object.keys(series)) run.series[name] ??= Array(before).fill(null);
    for (const name of Object.keys(run.series)) run.series[name].push(...(series[name] ?? Array(epochs.length).fill(null)));
  }
  Object.assign(run, rest);
  dirty.add(run.number);
  dirty.add("head");
}

// -- a run ---------------------------------------------------------------------------------------

function partsOf(run) {
  if (run.parts) return run.parts;
  const section = make("section", "run");
  section.id = `run-${run.number}`;
  section.setAttribute("aria-labelledby", `title-${run.number}`);
  const title = make("h2", "", run.title);
  title.id = `title-${run.number}`;
  const head = make("div", "head"), where = make("p"), bar = make("progress"), stop = make("button", "", "Stop after this epoch");
  bar.max = 1;
  bar.setAttribute("aria-label", `progress of ${run.title}`);
  stop.type = "button";
  stop.addEventListener("click", () => ask(run, stop));
  head.append(where, bar, stop);
  const said = make("div", "said"), pictures = make("div", "pictures"), health = make("div");
  said.hidden = true;
  said.setAttribute("role", "status");
  const findings = make("div");
  const more = make("details"), facts = make("dl", "facts");
  more.append(make("summary", "", "What is trained"), facts);
  section.append(title, head, said, pictures, findings, health, more);
  byId("list").prepend(section);
  run.parts = { section, title, where, bar, stop, said, pictures, findings, health, more, facts, figures: {} };
  return run.parts;
}

async function ask(run, button) {
  button.disabled = true;
  try {
    const answer = await fetch("stop", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ run: run.number }),
    });
    if (!answer.ok) throw new Error((await answer.json()).error);
      } catch (problem) {
    button.disabled = false;
    byId("state").textContent = `It was not stopped: ${problem.message}`;
  }
}

function pictureIn(parts, host, name, first = false) {
  if (!parts.figures[name]) {
    parts.figures[name] = make("figure", first ? "first" : "");
    host.append(parts.figures[name]);
  }
  return parts.figures[name];
}

function draw(run) {
  const parts = partsOf(run), { now, series, at } = run;
  parts.title.textContent = run.title;
  const of = now.epochs ? ` of ${figure(now.epochs)}` : "";
  const left = !run.ended && typeof now.left === "number" ? `, ${clock(now.left)} left at most` : "";
  parts.where.textContent = now.epoch ? `Epoch ${figure(now.epoch)}${of}${left}` : "Has not begun its first epoch";
  if (typeof now.share === "number") parts.bar.value = now.share;
  else parts.bar.removeAttribute("value");
  parts.stop.hidden = Boolean(run.ended);
  if (run.stopping) { parts.stop.disabled = true; parts.stop.textContent = "Stopping after this epoch"; }
  parts.section.classList.toggle("over", Boolean(run.ended));
  if (run.ended && parts.said.hidden) {
    parts.said.hidden = false;
    parts.said.classList.toggle("bad", run.well === false);
    parts.said.replaceChildren(...run.ended.map((text) => make("p", "", text)));
  }
  if (run.facts.length !== parts.facts.childElementCount / 2)
    parts.facts.replaceChildren(...run.facts.flatMap(([label, text]) => [make("dt", "", label), make("dd", "", text)]));
  parts.more.hidden = !run.facts.length;
  drawCurves(run, parts, series, at);
  drawFindings(run, parts);
  drawLayers(run, parts);
}

function drawCurves(run, parts, series, at) {
  if (!at.length) return;
  const single = Object.keys(series).filter((name) => name.startsWith("single/"));
  const names = Object.keys(series).filter((name) => !name.startsWith("val_") && !single.includes(name));
  names.sort((a, b) => (a === "loss" ? -1 : b === "loss" ? 1 : (a === "learning_rate") - (b === "learning_rate")));
  for (const name of names) {
    if (name === "learning_rate" && new Set(series[name]).size < 2) continue;
    const own = { name, kind: "train", xs: at, ys: series[name], label: "training" };
    const other = series[`val_${name}`];
    const lines = name === "loss" ? single.map((each) => ({ name: each, kind: "valid faint", xs: at, ys: series[each] })) : [];
    lines.push(other ? own : { ...own, label: name === "loss" ? "training" : "" });
    if (other) lines.push({ name: `val_${name}`, kind: "valid", xs: at, ys: other, label: "validation" });
    const spot = name === "loss" && other ? at.indexOf(run.now.best) : -1;
    const best = spot < 0 ? null : { epoch: run.now.best, value: other[spot] };
    const note = single.length ? "faint lines are the validation losses of single networks" : "";
    chart(pictureIn(parts, parts.pictures, name, name === "loss"), {
      title: name.replaceAll("_", " "), note: name === "loss" ? note : "", lines, best, height: name === "loss" ? 280 : 210,
      log: name === "loss" && steep(lines),
    });
  }
}

/** Whether a logarithmic axis shows more: above 0, and the settled part spans much. */
function steep(lines) {
  const values = lines.flatMap((line) => known(line.ys));
  return values.length > 4 && Math.min(...values) > 0 && Math.max(...values) > 30 * Math.min(...values);
}

function drawFindings(run, parts) {
  const said = JSON.stringify([run.findings, Boolean(run.ended)]);
  if (said === parts.saidFindings) return;
  parts.saidFindings = said;
  if (!run.findings.length) { parts.findings.replaceChildren(); return; }
  const list = make("ul", "findings");
  for (const each of run.findings) {
    const item = make("li", each.severity.split(" ")[0]), text = make("p");
    text.append(make("span", "tagged", each.severity), make("strong", "", each.title), ` ${each.text}`);
    item.append(text);
    list.append(item);
  }
  parts.findings.replaceChildren(make("h3", "", run.ended ? "Findings" : "Findings so far"), list);
}

function drawLayers(run, parts) {
  if (!run.layers || run.layers === parts.layers) return;
  parts.layers = run.layers;
  const { epochs, curves } = run.layers;
  if (!parts.grid) {
    parts.grid = make("div", "pictures");
    parts.health.append(make("h3", "", "Layers"), make("p", "note", "Measured on some of the rows that are trained on, now and then."), parts.grid);
  }
  for (const [quantity, layers] of Object.entries(curves)) {
    const [title, note, wide] = QUANTITIES[quantity] ?? [quantity, "", false], entries = Object.entries(layers);
    const values = entries.flatMap(([, line]) => known(line));
    if (new Set(values).size < 2) continue;
    const few = entries.length <= 12;
    const lines = entries.map(([name, line], i) => ({
      name, kind: few ? `s${i % 6}` : "many", xs: epochs.slice(epochs.length - line.length), ys: line, label: few ? name : "",
    }));
    const log = wide && Math.min(...values) > 0 && Math.max(...values) > 30 * Math.min(...values);
    chart(pictureIn(parts, parts.grid, `layer/${quantity}`), { title, note, lines, log, height: Math.max(190, 70 + 16 * (few ? entries.length : 0)) });
  }
}

// -- all runs ------------------------------------------------------------------------------------

function drawHead() {
  const all = [...runs.values()], going = all.filter((run) => !run.ended);
  const busy = [...tables.values()].filter((table) => !table.ended).length;
  const title = all.length === 0 ? (tables.size ? "Trials" : "Nothing trains yet") : all.length === 1 ? all[0].title : `${all.length} runs`;
  if (byId("title").textContent !== title) byId("title").textContent = title;
  const last = all[all.length - 1];
  document.title = going.length && last.now.epoch ? `${last.now.epoch}${last.now.epochs ? `/${last.now.epochs}` : ""} ${title} – trimtab` : `${title} – trimtab`;
  const said = connected === false
    ? going.length ? "The process that trains does not answer: it has ended, or was killed. What it told stays here." : "The process has ended. This page stays as it is."
    : busy && !going.length ? "Trials run now." : going.length ? `${going.length === 1 ? "One run trains" : `${going.length} runs train`} now.` : all.length || tables.size ? "All have ended." : "";
  if (byId("state").textContent !== said) byId("state").textContent = said;
  byId("state").classList.toggle("lost", connected === false && going.length > 0);
  const nav = byId("runs");
  nav.hidden = all.length < 2;
  if (all.length > 1) {
    const list = make("ol");
    for (const run of [...all].reverse()) {
      const item = make("li"), link = make("a", "", `${run.title}${run.ended ? "" : ", training"}`);
      link.href = `#run-${run.number}`;
      item.append(link);
      list.append(item);
    }
    if (nav.textContent !== list.textContent) nav.replaceChildren(list);
    drawTogether(all);
  }
}

function drawTogether(all) {
  const judged = all.some((run) => run.series.val_loss) ? "val_loss" : "loss";
  const some = all.filter((run) => run.series[judged]?.length);
  if (some.length < 2) return;
  const box = byId("together");
  let figureBox = box.querySelector("figure");
  if (!figureBox) {
    figureBox = make("figure", "first");
    const grid = make("div", "pictures");
    grid.append(figureBox);
    box.append(grid);
  }
  const few = some.length <= 6;
  const lines = some.map((run, i) => ({
    name: run.title, kind: few ? `s${i}` : "many", xs: run.at, ys: run.series[judged], label: few ? run.title : "",
  }));
  chart(figureBox, { title: judged === "loss" ? "training loss of all runs" : "validation loss of all runs", lines, log: steep(lines), height: 260 });
}

function tableParts(number, table) {
  if (table.parts) return table.parts;
  const section = make("section", "run");
  section.setAttribute("aria-labelledby", `title-${number}`);
  const title = make("h2", "", table.title ?? "Trials"), head = make("div", "head"), where = make("p");
  title.id = `title-${number}`;
  const bar = make("progress"), stop = make("button", "", "Stop the trials"), said = make("div", "said"), scroll = make("div", "scroll");
  bar.setAttribute("aria-label", "progress of the trials");
  stop.type = "button";
  stop.addEventListener("click", () => ask({ number }, stop));
  said.hidden = true;
  said.setAttribute("role", "status");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Variants");
  head.append(where, bar, stop);
  section.append(title, head, said, scroll, make("p", "note", "Dots right of the middle are pairs in which the variant is better than the base. A look on the way is no test: the verdict comes at the end."));
  byId("trials").prepend(section);
  table.parts = { section, where, bar, stop, said, scroll };
  return table.parts;
}

function drawTrials() {
  for (const [number, table] of tables) {
    const { section, where, bar, stop, said, scroll } = tableParts(number, table);
    const whole = (table.done ?? 0) + (table.left ?? 0);
    const left = !table.ended && typeof table.seconds === "number" ? `, about ${clock(table.seconds)} left` : "";
    where.textContent = whole ? `${figure(table.done)} of ${figure(whole)} trials${left}` : "No trial has ended yet";
    if (whole) { bar.max = whole; bar.value = table.done; }
    section.classList.toggle("over", Boolean(table.ended));
    stop.hidden = Boolean(table.ended);
    if (table.stopping) { stop.disabled = true; stop.textContent = "Stopping after this trial"; }
    if (table.ended?.length && said.hidden) {
      said.hidden = false;
      said.replaceChildren(...table.ended.map((text) => make("p", "", text)));
    }
    if (table.rows && table.rows !== table.drawn) {
      table.drawn = table.rows;
      scroll.replaceChildren(gridOf(table));
    }
  }
}

function gridOf(table) {
  const most = Math.max(1e-12, ...table.rows.flatMap((row) => known(row.gains)).map(Math.abs));
  const grid = make("table"), thead = make("thead"), top = make("tr"), body = make("tbody");
  for (const [name, kind] of [["variant", ""], ["pairs", "num"], [`mean gain in ${table.metric}`, "num"], ["gain of each pair", ""]]) {
    const cell = make("th", kind, name);
    cell.scope = "col";
    top.append(cell);
  }
  thead.append(top);
  for (const row of table.rows) {
    const line = make("tr"), name = make("th", "", row.name), gains = known(row.gains), dots = make("td");
    name.scope = "row";
    const mean = gains.length ? gains.reduce((a, b) => a + b, 0) / gains.length : null;
    dots.append(gainsOf(gains, mean, most));
    line.append(name, make("td", "num", String(row.gains.length)), make("td", "num", row.dropped ? "dropped" : figure(mean)), dots);
    body.append(line);
  }
  grid.append(thead, body);
  return grid;
}

function gainsOf(gains, mean, most) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 220 24");
  svg.setAttribute("class", "gains");
  svg.setAttribute("aria-hidden", "true");
  const x = scaled(-most, most, 6, 214);
  add(svg, "path", { d: "M110 1V23", class: "zero" });
  for (const gain of gains) add(svg, "circle", { cx: x(gain), cy: 12, r: 3.6 });
  if (mean !== null) add(svg, "path", { d: `M${x(mean)} 3V21`, class: "mean" });
  return svg;
}

// -- drawing and listening -----------------------------------------------------------------------

function show() {
  waiting = false;
  const now = [...dirty];
  dirty.clear();
  for (const each of now) if (typeof each === "number" && runs.has(each)) draw(runs.get(each));
  if (now.includes("trials")) drawTrials();
  drawHead();
}

function later() {
  if (waiting) return;
  waiting = true;
  if (calm.matches) setTimeout(show, 1000);
  else requestAnimationFrame(show);
}

const source = new EventSource("events");
source.onopen = () => { connected = true; later(); };
source.onmessage = (event) => { JSON.parse(event.data).forEach(take); later(); };
source.addEventListener("end", () => { source.close(); connected = false; later(); });
source.onerror = () => { connected = false; later(); };
addEventListener("resize", () => { for (const number of runs.keys()) dirty.add(number); later(); });
