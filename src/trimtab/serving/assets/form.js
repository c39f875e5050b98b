"use strict";
// The form: fields made from the schema, and an answer while one types. Everything from the server is
// put in as text, never as markup.

const find = (id) => document.getElementById(id);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
};

const PAUSE = 120; // milliseconds without a key before the server is asked
const MOST_OPTIONS = 60; // categories in a list to choose from; of more, typing proposes
const ROWS = 64; // of one request: the row itself, and one for each column that is put back

let token = sessionStorage.getItem("token") || "";
let schema = null;
let asking = null;
let timer = 0;
let speaking = 0;
const scales = {}; // target -> ends of its picture; they only move outwards
let usual = null; // the answer to the usual row

const figure = (value, digits = 4) => {
  if (value === null || value === undefined) return "not a number";
  const large = Math.abs(value) >= 1000;
  const style = large ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: digits };
  return new Intl.NumberFormat("en", style).format(value);
};
const percent = (share) => `${(100 * share).toFixed(share > 0.0995 ? 0 : 1)} %`;

async function ask(path, body, signal) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const method = body === undefined ? "GET" : "POST";
  const response = await fetch(path, { method, headers, signal, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (response.status === 401) {
    enter(token ? "This token is not the server's." : "");
    throw new DOMException("no token", "AbortError");
  }
  return { ok: response.ok, ...answer };
}

// -- token ---------------------------------------------------------------------------------------

function enter(problem) {
  find("model").hidden = true;
  find("entry").hidden = false;
  find("token-problem").textContent = problem;
  find("token").focus();
}

find("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  token = find("token").value.trim();
  sessionStorage.setItem("token", token);
  start();
});

// -- fields --------------------------------------------------------------------------------------

const isNumber = (column) => ["numeric", "integer"].includes(column.kind);

function field(column, place) {
  const id = `column-${place}`;
  const describedby = `${id}-hint ${id}-problem`;
  const shared = { id, name: id, "aria-describedby": describedby };
  let input;
  let list = [];
  if (column.kind === "boolean" || (column.categories.length && column.categories.length <= MOST_OPTIONS)) {
    const options = column.kind === "boolean" ? [["true", "yes"], ["false", "no"]] : column.categories.map((each) => [each, each]);
    input = make("select", shared, make("option", { value: "", text: "not known" }));
    for (const [value, text] of options) input.append(make("option", { value: `=${value}`, text }));
    if (column.usual !== null) {
      for (const option of input.options) if (option.value === `=${column.usual}`) option.defaultSelected = true;
    }
  } else {
    const value = column.usual === null ? "" : String(column.usual);
    input = make("input", { ...shared, type: "text", value, autocomplete: "off", spellcheck: "false", inputmode: isNumber(column) ? "decimal" : undefined });
    if (column.categories.length) {
      input.setAttribute("list", `${id}-list`);
      list = [make("datalist", { id: `${id}-list` }, ...column.categories.map((each) => make("option", { value: each })))];
    }
  }
  const words = column.usual === null ? "" : `usually ${shown(column, column.usual)}`;
  return make("div", { class: "field" },
    make("label", { for: id, text: column.name }), input, ...list,
    make("p", { class: "hint", id: `${id}-hint`, text: words }),
    make("p", { class: "problem", id: `${id}-problem` }));
}

const shown = (column, value) => {
  if (value === null) return "not known";
  if (column.kind === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? figure(value) : value;
};

function cell(column, place) {
  const input = find(`column-${place}`);
  let text = input.value;
  if (input.tagName === "SELECT") {
    if (text === "") return null;
    text = text.slice(1);
    return column.kind === "boolean" ? text === "true" : text;
  }
  text = text.trim();
  if (text === "") return null;
  if (!isNumber(column)) return text;
  // Where the table had a writing of its own, "1.234,5 €" say, only the server can read it.
  if (column.format && !/^[-+]?\d+(\.\d+)?$/.test(text)) return text;
  const plain = /^[-+]?\d+,\d+$/.test(text) ? text.replace(",", ".") : text;
  const number = Number(plain);
  return Number.isFinite(number) ? number : text;
}

const present = () => Object.fromEntries(schema.columns.map((column, place) => [column.name, cell(column, place)]));

// -- asking --------------------------------------------------------------------------------------

function soon() {
  clearTimeout(timer);
  timer = setTimeout(predict, PAUSE);
}

async function predict() {
  if (asking) asking.abort();
  asking = new AbortController();
  const row = present();
  const put = schema.columns.filter((column) => row[column.name] !== column.usual).slice(0, ROWS - 2);
  const rows = [row, ...put.map((column) => ({ ...row, [column.name]: column.usual }))];
  if (!usual) rows.push(schema.example);
  find("command").textContent = command(row);
  try {
    const answer = await ask("predict", rows, asking.signal);
    if (!usual && answer.ok) usual = answer.predictions.pop();
    problems(answer.refused || []);
    find("trouble").textContent = answer.ok || (answer.refused || []).some((each) => each.column) ? "" : answer.error;
    const own = answer.ok ? answer.predictions[0] : null;
    find("answer").classList.toggle("stale", !own);
    if (!own) return;
    notes(answer.notes);
    figures(own);
    find("brief").textContent = sentence(own);
    effects(row, put, answer.predictions);
    clearTimeout(speaking);
    speaking = setTimeout(() => { find("said").textContent = sentence(own); }, 900);
  } catch (error) {
    if (error.name !== "AbortError") {
      find("answer").classList.add("stale");
      find("trouble").textContent = "The server does not answer. Is it still running?";
    }
  }
}

function problems(refused) {
  schema.columns.forEach((column, place) => {
    const found = refused.find((each) => each.row === 1 && each.column === column.name);
    find(`column-${place}-problem`).textContent = found ? found.message.replace(/ Correct it,.*$/, "") : "";
    if (found) find(`column-${place}`).setAttribute("aria-invalid", "true");
    else find(`column-${place}`).removeAttribute("aria-invalid");
  });
}

function notes(sentences) {
  find("notes").replaceChildren(...sentences.map((text) => make("li", { text })));
}

// -- the answer ----------------------------------------------------------------------------------

const endings = () => (schema.targets.length > 1 ? schema.targets.map((name) => `_${name}`) : [""]);

function figures(own) {
  const parts = schema.classes.length ? [ofClasses(own)] : endings().map((end, place) => ofNumber(own, end, schema.targets[place]));
  find("figures").replaceChildren(...parts);
}

function ofNumber(own, end, name) {
  const [value, lower, upper] = ["prediction", "lower", "upper"].map((key) => own[key + end]);
  const before = usual ? usual[`prediction${end}`] : value;
  const box = make("div", { class: schema.targets.length > 1 ? "figure small" : "figure" });
  if (schema.targets.length > 1) box.append(make("h3", { text: name }));
  box.append(make("p", { class: "value", text: figure(value) }));
  if (lower === undefined || value === null) return box;
  box.append(make("p", { class: "between", text: `${percent(schema.interval.level)} of such rows lie between ${figure(lower)} and ${figure(upper)}.` }));
  const scale = (scales[end] ||= { low: lower, high: upper });
  const ends = usual ? [usual[`lower${end}`], usual[`upper${end}`], lower, upper] : [lower, upper];
  const margin = (Math.max(...ends) - Math.min(...ends)) / 10;
  scale.low = Math.min(scale.low, ...ends.map((each) => each - margin));
  scale.high = Math.max(scale.high, ...ends.map((each) => each + margin));
  const at = (number) => `${(100 * (number - scale.low)) / (scale.high - scale.low || 1)}%`;
  const band = make("span", { class: "band" });
  band.style.left = at(lower);
  band.style.width = `calc(${at(upper)} - ${at(lower)})`;
  const dot = make("span", { class: "dot" });
  dot.style.left = at(value);
  const tick = make("span", { class: "tick" });
  tick.style.left = at(before);
  box.append(make("div", { class: "span", "aria-hidden": "true" }, band, tick, dot));
  box.append(make("p", { class: "hint", text: `Mark: the row of usual values, ${figure(before)}.` }));
  return box;
}

function ofClasses(own) {
  const box = make("div", { class: "figure" }, make("p", { class: "value word", text: String(own.prediction) }));
  const shares = Object.entries(own.probabilities).sort((a, b) => b[1] - a[1]);
  const list = make("ul", { class: "bars" });
  for (const [name, share] of shares.slice(0, 8)) {
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    bar.style.width = `${100 * share}%`;
    list.append(make("li", {}, make("span", { class: "name", text: name }), make("span", { class: "number", text: percent(share) }), bar));
  }
  box.append(list);
  if (shares.length > 8) box.append(make("p", { class: "hint", text: `${shares.length - 8} more classes are less likely.` }));
  if (own.classes) {
    const set = own.classes.map(String).join(", ") || "none";
    box.append(make("p", { class: "between", text: `${percent(schema.interval.level)} sure to be among: ${set}` }));
  }
  return box;
}

function sentence(own) {
  if (schema.classes.length) return `Prediction ${own.prediction}, ${percent(own.probabilities[String(own.prediction)])}`;
  return endings().map((end, place) => {
    const name = schema.targets.length > 1 ? `${schema.targets[place]}: ` : "Prediction ";
    const range = own[`lower${end}`] === undefined ? "" : `, ${figure(own[`lower${end}`])} to ${figure(own[`upper${end}`])}`;
    return name + figure(own[`prediction${end}`]) + range;
  }).join("; ");
}

function effects(row, put, predictions) {
  const chosen = find("target").value;
  const label = schema.classes.length ? String(predictions[0].prediction) : "";
  const of = (each) => (label !== "" ? each.probabilities[label] : each[`prediction${schema.targets.length > 1 ? `_${chosen}` : ""}`]);
  const now = of(predictions[0]);
  const found = put
    .map((column, place) => ({ column, by: predictions[place + 1] ? now - of(predictions[place + 1]) : null }))
    .filter((each) => each.by !== null)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
  const most = Math.max(...found.map((each) => Math.abs(each.by)), 0);
  const what = label === "" ? "the prediction" : `the probability of ${label}`;
  find("changes-hint").textContent = found.length
    ? `By how much each value changes ${what}, beside the usual value of its column. One column at a time: the numbers do not add up.`
    : "All values are the usual ones. Change one to see what it does.";
  find("effects").replaceChildren(...found.map(({ column, by }) => {
    const said = label === "" ? figure(by, 3) : `${(100 * by).toFixed(1)} points`;
    const bar = make("span", { class: `bar ${by < 0 ? "down" : "up"}` });
    bar.style.width = `${most ? (50 * Math.abs(by)) / most : 0}%`;
    return make("li", {},
      make("span", { class: "name" }, column.name, make("small", { text: `${shown(column, row[column.name])}, usually ${shown(column, column.usual)}` })),
      make("span", { class: "number", text: by > 0 ? `+${said}` : said.replace("-", "−") }),
      make("span", { class: "track", "aria-hidden": "true" }, bar));
  }));
}

function command(row) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const header = token ? " -H \"Authorization: Bearer $TRIMTAB_TOKEN\"" : "";
  return `curl ${location.origin}/predict${header} --json ${quoted(JSON.stringify(row))}`;
}

// -- start ---------------------------------------------------------------------------------------

async function start() {
  let found;
  try {
    found = await ask("schema");
  } catch (error) {
    if (error.name !== "AbortError") find("score").textContent = "The server does not answer. Is it still running?";
    return;
  }
  if (!found.ok) {
    find("score").textContent = found.error;
    return;
  }
  schema = found;
  find("entry").hidden = true;
  find("model").hidden = false;
  const title = `Predicting ${schema.targets.join(", ")}`;
  find("title").textContent = title;
  document.title = `${title} · trimtab`;
  find("score").textContent = [schema.score, schema.caveat && "This score is slightly optimistic."].filter(Boolean).join(" ");
  find("fields").replaceChildren(...schema.columns.map(field));
  find("target").replaceChildren(...schema.targets.map((name) => make("option", { value: name, text: name })));
  find("pick").hidden = schema.targets.length < 2;
  predict();
}

find("columns").addEventListener("input", soon);
find("columns").addEventListener("submit", (event) => { event.preventDefault(); predict(); });
find("columns").addEventListener("reset", () => setTimeout(predict));
find("target").addEventListener("change", predict);

if (location.hash.startsWith("#token=")) {
  token = decodeURIComponent(location.hash.slice(7));
  sessionStorage.setItem("token", token);
  history.replaceState(null, "", location.pathname);
}
start();
