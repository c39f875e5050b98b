// The playground: choices go to trimtab, what it tells is drawn.
const calm = matchMedia("(prefers-reduced-motion: reduce)"), dark = matchMedia("(prefers-color-scheme: dark)");
const told = {};
let waiting = false, spoken = "", drawnSetup = null, drawnLook = null, pending = {}, sending = null;

const QUANTITIES = [
  ["standard_deviation", "Spread of the outputs", "standard deviation of what leaves the activation", false],
  ["mean", "Mean of the outputs", "of what leaves the activation", false],
  ["zeros", "Zeros", "share of the outputs that are 0", false],
  ["update_ratio", "Update / weights", "how far the last step moved them", true],
  ["statistics_distance", "Lag of moving means", "from those of the batches, in standard deviations", false],
];

const set = (id, text) => { if (byId(id).textContent !== text) byId(id).textContent = text; };

// -- asking --------------------------------------------------------------------------------------

/** Asks trimtab for something; what it refuses is said. */
async function ask(action, body = {}, field = null) {
  let problem = "";
  try {
    const answer = await fetch(action, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) problem = (await answer.json()).error;
  } catch {
    problem = "trimtab does not answer: it was ended in its terminal. Start trimtab play again.";
  }
  byId("problem").hidden = !problem;
  set("problem", problem);
  for (const each of document.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
  if (problem && field) { field.setAttribute("aria-invalid", "true"); field.setAttribute("aria-describedby", "problem"); }
  return !problem;
}

/** Sends choices, a few times a second at most. */
function choose(name, value, field = null) {
  pending[name] = value;
  if (sending) return;
  sending = setTimeout(async () => {
    const body = pending;
    pending = {};
    await ask("choose", body, field);
    sending = null;
    const rest = Object.entries(pending);
    for (const [each, other] of rest) choose(each, other, field);
  }, 90);
}

/** What a field holds: a number where one is typed, else the text, which trimtab refuses in words. */
function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  const text = field.value.trim();
  return field.dataset.kind === "number" && text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

for (const field of document.querySelectorAll("[data-choice]")) {
  field.addEventListener(field.type === "range" ? "input" : "change", () => {
    if (field.type === "range") showRange(field);
    choose(field.dataset.choice, valueOf(field), field);
  });
}

const showRange = (field) => { const out = byId(`${field.id}-said`); if (out) out.textContent = field.value; };

byId("rate-slide").addEventListener("input", (event) => {
  const rate = Number((10 ** Number(event.target.value)).toPrecision(2));
  byId("learning_rate").value = rate;
  event.target.setAttribute("aria-valuetext", String(rate));
  choose("learning_rate", rate, byId("learning_rate"));
});
byId("train").addEventListener("click", () => ask(told.now?.running ? "pause" : "train"));
byId("step").addEventListener("click", () => ask("step"));
byId("reset").addEventListener("click", () => ask("reset"));
byId("choices").addEventListener("submit", (event) => event.preventDefault());
byId("add").addEventListener("click", () => {
  const hidden = told.setup.choices.hidden;
  choose("hidden", [...hidden, hidden[hidden.length - 1] ?? 32]);
});
byId("log").addEventListener("change", later);
for (const button of document.querySelectorAll(".copy")) button.addEventListener("click", async () => {
  const text = byId(button.dataset.of).textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(byId(button.dataset.of));
    button.textContent = "Selected: press Ctrl-C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2500);
});

// -- what is chosen ------------------------------------------------------------------------------

function fill(select, entries) {
  if (select.options.length === entries.length) return;
  select.replaceChildren(...entries.map(([value, text]) => { const made = make("option", "", text); made.value = value; return made; }));
}

function drawSetup() {
  const { choices, most } = told.setup, toy = told.setup.toys.includes(choices.data);
  fill(byId("data"), Object.entries(told.setup.shelf));
  fill(byId("activation"), told.setup.activations.map((each) => [each, each]));
  for (const field of document.querySelectorAll("[data-choice]")) {
    const value = choices[field.dataset.choice];
    if (field.dataset.choice in pending || (field === document.activeElement && field.type === "text" && field.hasAttribute("aria-invalid"))) continue;
    if (field.type === "checkbox") field.checked = value;
    else if (field.value !== String(value)) field.value = value;
    if (field.type === "range") showRange(field);
  }
  byId("rate-slide").value = Math.log10(choices.learning_rate);
  byId("rate-slide").setAttribute("aria-valuetext", String(choices.learning_rate));
  byId("of-toys").hidden = !toy;
  byId("momentum-label").hidden = choices.batch_norm === "none";
  byId("thinned-label").hidden = !toy;
  drawHidden(choices.hidden, most);
  set("rows-note", told.setup.notes.join(" "));
  set("size", `${told.setup.parameters.toLocaleString("en")} parameters`);
  set("code", told.setup.code);
  set("command", told.setup.command);
  byId("command").hidden = !told.setup.command;
  document.querySelector("[data-of=command]").hidden = !told.setup.command;
  byId("command-box").hidden = !told.setup.command && !told.setup.only;
  set("only", told.setup.only);
  byId("altered").hidden = !told.setup.altered;
}

function drawHidden(hidden, most) {
  const list = byId("hidden");
  while (list.children.length > hidden.length) list.lastChild.remove();
  while (list.children.length < hidden.length) {
    const number = list.children.length, row = make("li"), input = make("input"), away = make("button", "", "×"), bar = make("span", "block");
    input.type = "text";
    input.inputMode = "numeric";
    input.setAttribute("aria-label", `Units of layer ${number + 1}`);
    input.addEventListener("change", () => {
      const units = [...told.setup.choices.hidden], text = input.value.trim();
      units[number] = text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
      choose("hidden", units, input);
    });
    away.type = "button";
    away.setAttribute("aria-label", `Remove layer ${number + 1}`);
    away.addEventListener("click", () => {
      choose("hidden", told.setup.choices.hidden.filter((_, i) => i !== number));
      byId("add").focus();
    });
    row.append(make("span", "", `Layer ${number + 1}`), bar, input, away);
    list.append(row);
  }
  [...list.children].forEach((row, i) => {
    const input = row.querySelector("input");
    if (!input.hasAttribute("aria-invalid")) input.value = hidden[i];
    row.querySelector(".block").style.width = `${Math.round(100 * Math.sqrt(hidden[i] / most.units))}%`;
  });
  byId("add").disabled = hidden.length >= most.layers;
}

// -- where training is ---------------------------------------------------------------------------

function drawNow() {
  const { now, setup } = told, { curves } = now;
  byId("train").textContent = now.running ? "Pause" : "Train";
  const last = (name) => figure(curves[name]?.[curves[name].length - 1]);
  set("where", now.epoch
    ? `Epoch ${now.epoch.toLocaleString("en")}: loss ${last("loss")}, validation loss ${last("val_loss")}, ${setup.metric} ${last("metric")}, validation ${setup.metric} ${last("val_metric")}`
    : `Epoch 0: a new network of ${setup.parameters.toLocaleString("en")} parameters`);
  set("said", now.said.text);
  set("note", now.note);
  if (spoken !== now.said.kind) { spoken = now.said.kind; set("aloud", now.said.text); }
  document.title = now.running ? `${now.epoch} – trimtab playground` : "trimtab playground";
  drawCurves(curves, setup.metric);
  drawLayers(now.layers);
}

function box(host, name) {
  let made = host.querySelector(`[data-name="${name}"]`);
  if (!made) {
    made = make("figure");
    made.dataset.name = name;
    host.append(made);
  }
  return made;
}

function drawCurves(curves, metric) {
  const host = byId("curves"), log = byId("log").checked;
  const lines = (one, other) => [
    { name: one, kind: "train", xs: curves.epochs, ys: curves[one] ?? [], label: "training" },
    { name: other, kind: "valid", xs: curves.epochs, ys: curves[other] ?? [], label: "validation" },
  ];
  chart(box(host, "loss"), { title: "Loss", lines: lines("loss", "val_loss"), log, height: 250 });
  const name = box(host, "metric"), title = metric === "accuracy" ? "Accuracy" : "R²";
  if (name.dataset.title !== title) { name.replaceChildren(); name.dataset.title = title; }
  chart(name, { title, lines: lines("metric", "val_metric"), height: 200 });
}

function drawLayers({ epochs, curves }) {
  const host = byId("layers");
  byId("layers-none").hidden = epochs.length > 0;
  for (const [quantity, title, note, log] of QUANTITIES) {
    const layers = Object.entries(curves[quantity] ?? {});
    const values = layers.flatMap(([, ys]) => known(ys));
    if (!layers.length || (quantity === "zeros" && !values.some((each) => each > 0))) {
      host.querySelector(`[data-name="${quantity}"]`)?.remove();
      continue;
    }
    const lines = layers.map(([label, ys], i) => ({ name: label, kind: `s${i % 6}`, xs: epochs, ys, label }));
    chart(box(host, quantity), { title, note, lines, log: log && values.every((each) => each > 0), height: Math.max(180, 70 + 17 * layers.length) });
  }
}

// -- what it predicts ----------------------------------------------------------------------------

function drawLook() {
  const { look, run } = told.now, { task, choices } = told.setup, host = byId("look");
  const points = told.data && told.data.run === run ? told.data.points : null;
  if ((look.kind === "surface" || look.kind === "lines") && !points) return;
  const kind = `${look.kind}${look.thinned ? " thinned" : ""}`;
  if (host.dataset.kind !== kind) {
    host.dataset.kind = kind;
    host.replaceChildren();
    host.classList.toggle("three", look.kind === "surface" && Boolean(look.thinned));
    drawLegend(look, task);
  }
  if (look.kind === "surface") {
    surface(host, "mean", "surface", look.thinned ? "all units" : "", look, points, task);
    if (look.thinned) {
      surface(host, "thinned", "surface", `one thinned network, ${Math.round(100 * choices.dropout)}\u00a0% off`, look, null, task);
      surface(host, "spread", "spread", `spread of 12 of them: ${figure(look.typical)}`, look, null, task);
    }
    return;
  }
  const made = look.kind === "lines" ? linesOf(look, points) : look.kind === "actual" ? actualOf(look) : confusionOf(look);
  if (look.kind !== "confusion") made.setAttribute("aria-label", look.kind === "lines" ? "The predicted curve among the points" : `Predicted against actual ${look.target}`);
  host.replaceChildren(made);
}

function surface(host, name, kind, caption, look, points, task) {
  const figureBox = box(host, name);
  let canvas = figureBox.querySelector("canvas");
  if (!canvas) {
    canvas = make("canvas");
    canvas.setAttribute("role", "img");
    figureBox.append(make("figcaption"), canvas);
  }
  const words = figureBox.querySelector("figcaption");
  words.hidden = !caption;
  if (words.textContent !== caption) words.textContent = caption;
  canvas.setAttribute("aria-label", `${task === "regression" ? "Predicted values" : "Predicted classes"} all over the plane${caption ? `: ${caption}` : ""}`);
  drawSurface(canvas, look[name], kind, points, task);
}

function drawLegend(look, task) {
  const entry = (draw, text) => {
    const made = make("span"), svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    draw(svg);
    made.append(svg, text);
    return made;
  };
  const round = (attributes) => (svg) => add(svg, "circle", { cx: 8, cy: 8, r: 5, ...attributes });
  const three = (attributes) => (svg) => add(svg, "path", { d: "M8 2L14 13H2Z", ...attributes });
  const lines = (kind) => (svg) => add(svg, "path", { d: "M1 8H15", class: kind });
  const open = (stroke) => ({ fill: colour("paper"), stroke: colour(stroke), "stroke-width": 2 });
  const found = [];
  if (look.kind === "surface" && task !== "regression") {
    found.push(entry(round({ fill: colour("blue") }), "class 0"), entry(three({ fill: colour("orange") }), "class 1"));
    found.push(entry(round(open("blue")), "open: validation"), entry(lines("line"), "both equally likely"));
  } else if (look.kind === "surface") {
    found.push(entry(round({ fill: colour("soft") }), "to train on"), entry(round(open("ink")), "thick edge: validation"));
    found.push(make("span", "", `blue ${figure(look.low)} to orange ${figure(look.high)}`));
  } else if (look.kind !== "confusion") {
    found.push(entry(round({ class: "dots own" }), "filled: to train on"), entry(round({ class: "dots held" }), "open: validation"));
    if (look.kind === "lines") found.push(entry(lines("line"), "prediction"));
    if (look.thinned) found.push(entry(lines("thinned"), "12 thinned networks"));
  }
  byId("legend").replaceChildren(...found);
}

// -- drawing and listening -----------------------------------------------------------------------

function show() {
  waiting = false;
  if (!told.now || !told.setup) return;
  if (drawnSetup !== told.setup) { drawnSetup = told.setup; drawSetup(); }
  drawNow();
  if (drawnLook !== told.now.look) { drawnLook = told.now.look; drawLook(); }
}

function later() {
  if (waiting) return;
  waiting = true;
  if (calm.matches && told.now?.running) setTimeout(show, 1000);
  else requestAnimationFrame(show);
}

function again() {
  drawnLook = null;
  byId("look").dataset.kind = "";
  later();
}

const source = new EventSource("events");
source.onmessage = (event) => { for (const each of JSON.parse(event.data)) Object.assign(told, each); later(); };
source.addEventListener("end", () => { source.close(); set("state", "trimtab has ended. This page stays as it is; start trimtab play again for another one."); });
source.onerror = () => set("state", "trimtab does not answer. If it was ended in its terminal, start trimtab play again.");
source.onopen = () => set("state", "This page comes from trimtab on this machine, and nothing leaves it.");
addEventListener("resize", again);
dark.addEventListener("change", again);
