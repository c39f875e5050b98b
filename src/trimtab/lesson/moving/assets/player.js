"use strict";
// Shared by all moving pictures: a scene says how many steps there are, draws one, and says it.
const facts = JSON.parse(document.getElementById("facts").textContent);
const byId = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const state = { step: 0, choice: 0, timer: null };
let scene = null;

/** An element of SVG, appended to its parent. */
function add(parent, name, attributes = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

const scaled = (low, high, start, stop) => (value) => start + ((value - low) / (high - low)) * (stop - start);

const path = (xs, ys) => xs.map((x, i) => `${i ? "L" : "M"}${x.toFixed(1)} ${ys[i].toFixed(1)}`).join("");

/** Numbers at an axis: round ones, a few. */
function ticks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const size = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let at = Math.ceil(low / size) * size; at <= high + size / 1e6; at += size) found.push(+at.toFixed(6));
  return found;
}

/** Axes of a panel; returns its two scales. Limits and box are [low, high] and [left, top, right, bottom]. */
function axes(root, box, xs, ys, xName, yName, yTicks = true) {
  const [left, top, right, bottom] = box, inner = yTicks ? left + 34 : left;
  const x = scaled(...xs, inner, right), y = scaled(...ys, bottom - 34, top + 22);
  if (yTicks) for (const at of ticks(...ys, 4)) {
    add(root, "line", { x1: inner, x2: right, y1: y(at), y2: y(at), class: "grid" });
    add(root, "text", { x: inner - 6, y: y(at) + 4, "text-anchor": "end", class: "soft" }, `${at}`);
  }
  for (const at of ticks(...xs, (right - inner) / 75))
    add(root, "text", { x: x(at), y: bottom - 18, "text-anchor": "middle", class: "soft" }, `${at}`);
  add(root, "line", { x1: inner, x2: right, y1: bottom - 34, y2: bottom - 34, class: "axis" });
  add(root, "text", { x: (inner + right) / 2, y: bottom - 3, "text-anchor": "middle", class: "soft" }, xName);
  if (yName) add(root, "text", { x: left, y: top + 12 }, yName);
  return [x, y];
}

function show() {
  const width = Math.max(280, Math.min(860, byId("picture").clientWidth));
  const root = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const height = scene.draw(root, width, state.choice, state.step);
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.setAttribute("aria-hidden", "true");
  byId("picture").replaceChildren(root);
  byId("said").textContent = scene.said(state.choice, state.step);
  const last = scene.steps(state.choice) - 1;
  byId("step").max = last;
  byId("step").value = state.step;
  byId("step-said").textContent = scene.stepSaid(state.choice, state.step);
  byId("step").setAttribute("aria-valuetext", byId("step-said").textContent);
  byId("back").disabled = state.step === 0;
  byId("on").disabled = state.step === last;
  if (scene.choices) {
    byId("choice-said").textContent = scene.choices[state.choice];
    byId("choice").setAttribute("aria-valuetext", scene.choices[state.choice]);
  }
}

function go(step) {
  state.step = Math.max(0, Math.min(scene.steps(state.choice) - 1, step));
  show();
}

function pause() {
  clearInterval(state.timer);
  state.timer = null;
  byId("play").textContent = "Play";
  byId("said").setAttribute("aria-live", "polite");
}

function play() {
  if (state.step === scene.steps(state.choice) - 1) go(0);
  byId("play").textContent = "Pause";
  byId("said").setAttribute("aria-live", "off"); // nobody wants to hear each step of a film
  state.timer = setInterval(() => {
    go(state.step + 1);
    if (state.step === scene.steps(state.choice) - 1) pause();
  }, scene.delay ?? 350);
}

function start() {
  if (scene.choices) {
    const label = byId("choice-label");
    label.hidden = false;
    label.querySelector("span").textContent = scene.choiceName;
    byId("choice").max = scene.choices.length - 1;
    byId("choice").value = state.choice = facts.first;
    byId("choice").addEventListener("input", (event) => { state.choice = +event.target.value; go(state.step); });
  }
  byId("play").addEventListener("click", () => (state.timer ? pause() : play()));
  byId("back").addEventListener("click", () => { pause(); go(state.step - 1); });
  byId("on").addEventListener("click", () => { pause(); go(state.step + 1); });
  byId("step").addEventListener("input", (event) => { pause(); go(+event.target.value); });
  addEventListener("resize", show);
  still.addEventListener("change", () => still.matches && pause());
  pause();
  show();
  if (!still.matches) play(); // who asks for less motion presses the button
}
