"use strict";
// What pages that move share: elements of HTML and SVG, scales, axes.
const byId = (id) => document.getElementById(id);

/** An element of HTML with classes and a text. */
function make(name, classes = "", text = "") {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text) made.textContent = text;
  return made;
}

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
