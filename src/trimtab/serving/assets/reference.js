"use strict";
// The requests that the server answers, from its OpenAPI document. Everything is put in as text.

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

const token = sessionStorage.getItem("token") || "";
const authorization = token ? { Authorization: `Bearer ${token}` } : {};

function table(title, heads, rows) {
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col", text })));
  const body = rows.map(([first, ...rest]) =>
    make("tr", {}, make("th", { scope: "row" }, make("code", { text: first })), ...rest.map((text) => make("td", { text }))));
  const made = make("table", {}, make("caption", { class: "unseen", text: title }), make("thead", {}, head), make("tbody", {}, ...body));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, made);
}

function columns(row) {
  return table("Columns of a row", ["column", "what", "for example"],
    Object.entries(row.properties).map(([name, each]) => [name, each.description, each.example === undefined ? "" : JSON.stringify(each.example)]));
}

function trial(path, example) {
  const text = make("textarea", { id: "rows", spellcheck: "false" });
  text.value = JSON.stringify(example, null, 1);
  const answer = make("pre", { id: "answered", tabindex: "0", "aria-label": "Answer", role: "status" });
  const send = make("button", { type: "button", id: "send", text: "Send" });
  send.addEventListener("click", async () => {
    try {
      const response = await fetch(path.slice(1), { method: "POST", headers: { ...authorization, "Content-Type": "application/json" }, body: text.value });
      answer.textContent = `${response.status}\n${JSON.stringify(await response.json(), null, 1)}`;
    } catch {
      answer.textContent = "The server does not answer. Is it still running?";
    }
  });
  return [make("label", { for: "rows", text: "Try it: a made-up row of usual values" }), text, send, answer];
}

function section(path, method, operation) {
  const made = make("section", { class: "path" }, make("h2", {}, make("code", { text: `${method.toUpperCase()} ${path}` })), make("p", { text: operation.summary }));
  if (operation.parameters) {
    made.append(table(`Parameters of ${path}`, ["parameter", "what"], operation.parameters.map((each) => [`?${each.name}=`, each.description])));
  }
  const body = operation.requestBody && operation.requestBody.content;
  if (body) {
    const json = body["application/json"];
    const secret = token ? " -H \"Authorization: Bearer $TRIMTAB_TOKEN\"" : "";
    const quoted = JSON.stringify(json.example).replaceAll("'", "'\\''");
    made.append(columns(json.schema.oneOf[0]), make("h3", { text: "JSON" }),
      make("pre", { tabindex: "0", "aria-label": "Command for JSON" }, `curl ${location.origin}${path}${secret} --json '${quoted}'`),
      make("h3", { text: "CSV" }),
      make("pre", { tabindex: "0", "aria-label": "Command for CSV" }, `curl ${location.origin}${path}${secret} -H 'Content-Type: text/csv' --data-binary @rows.csv\n\n${body["text/csv"].example}`),
      ...trial(path, json.example));
  }
  return made;
}

async function start() {
  const trouble = document.getElementById("trouble");
  try {
    const response = await fetch("openapi.json", { headers: authorization });
    const found = await response.json();
    if (!response.ok) {
      trouble.textContent = response.status === 401 ? "Enter the token in the form first, then come back." : found.error;
      return;
    }
    document.getElementById("title").textContent = found.info.title;
    document.title = `${found.info.title} · requests`;
    const main = document.getElementById("main");
    for (const [path, methods] of Object.entries(found.paths)) {
      for (const [method, operation] of Object.entries(methods)) main.append(section(path, method, operation));
    }
  } catch {
    trouble.textContent = "The server does not answer. Is it still running?";
  }
}

start();
