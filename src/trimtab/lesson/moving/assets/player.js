"use strict";
// Shared by all moving pictures: a scene says how many steps there are, draws one, and says it.
const facts = JSON.parse(document.getElementById("facts").textContent);
const still = matchMedia("(prefers-reduced-motion: reduce)");
const state = { step: 0, choice: 0, timer: null };
let scene = null;

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
