"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const svgNS = "http://www.w3.org/2000/svg";

  // Tables: a click on a heading sorts; numbers by data-value where a cell has it.
  for (const table of all("table.sortable")) {
    const body = table.tBodies[0];
    all("thead th", table).forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") === "descending";
        all("thead th", table).forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (row) => {
          const cell = row.cells[column];
          const value = cell.dataset.value ?? cell.textContent.trim();
          const number = parseFloat(value);
          return Number.isNaN(number) ? value.toLowerCase() : number;
        };
        const rows = [...body.rows].map((row) => [key(row), row]);
        rows.sort(([a], [b]) => {
          if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
          const order = a < b ? -1 : a > b ? 1 : 0;
          return up ? order : -order;
        });
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  // Pictures: larger in a dialog; those that have a second one on a log scale can change to it.
  const dialog = document.createElement("dialog");
  dialog.innerHTML = '<form method="dialog"><button>Close</button></form><div></div>';
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  const tool = (figure, word, say) => {
    let tools = figure.querySelector(".tools");
    if (!tools) {
      tools = document.createElement("div");
      tools.className = "tools";
      figure.append(tools);
    }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word;
    button.setAttribute("aria-label", say);
    tools.append(button);
    return button;
  };
  for (const figure of all("figure")) {
    const name = figure.querySelector("figcaption")?.firstChild?.textContent.trim() ?? "picture";
    const other = figure.querySelector("svg + svg[hidden]");
    if (other) {
      const button = tool(figure, "log", "log scale: " + name);
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        const on = other.hasAttribute("hidden");
        other.toggleAttribute("hidden", !on);
        other.previousElementSibling.toggleAttribute("hidden", on);
        button.setAttribute("aria-pressed", String(on));
      });
    }
    if (figure.querySelector(":scope > svg")) {
      tool(figure, "⤢", "enlarge: " + name).addEventListener("click", () => {
        const box = dialog.querySelector("div");
        const copy = figure.querySelector(":scope > svg:not([hidden])").cloneNode(true);
        const head = document.createElement("h3");
        head.textContent = name;
        box.replaceChildren(head, copy);
        hover(copy);
        dialog.showModal();
      });
    }
  }

  // Hovering: the nearest point of a line, in units of the axes.
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.setAttribute("aria-hidden", "true");
  tip.hidden = true;
  document.body.append(tip);
  const short = (value) => {
    const size = Math.abs(value);
    if (size >= 1000) return Math.round(value).toLocaleString("en");
    return String(parseFloat(value.toPrecision(3)));
  };
  function hover(svg) {
    if (!svg.dataset.frame) return;
    const f = svg.dataset.frame.split(" ").map(Number);
    const names = svg.dataset.hover.split("|");
    const scale = (place, [low, high, start, end, log]) => {
      const share = (place - start) / (end - start);
      return log ? low * (high / low) ** share : low + share * (high - low);
    };
    let points = null;
    const mark = document.createElementNS(svgNS, "circle");
    mark.setAttribute("class", "mark");
    mark.setAttribute("r", "5");
    const gather = () => all("path[data-name]", svg).flatMap((path) =>
      [...path.getAttribute("d").matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map((found) => ({
        x: +found[1], y: +found[2], name: path.dataset.name,
      })));
    svg.addEventListener("pointermove", (event) => {
      points ??= gather();
      const matrix = svg.getScreenCTM();
      if (!matrix || !points.length) return;
      const x = (event.clientX - matrix.e) / matrix.a, y = (event.clientY - matrix.f) / matrix.d;
      let best = null, nearest = 900;
      for (const point of points) {
        const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
        if (distance < nearest) [best, nearest] = [point, distance];
      }
      tip.hidden = !best;
      if (!best) { mark.remove(); return; }
      mark.setAttribute("cx", best.x);
      mark.setAttribute("cy", best.y);
      svg.append(mark);
      const a = short(scale(best.x, f.slice(0, 5))), b = short(scale(best.y, f.slice(5)));
      tip.textContent = `${best.name}: ${names[0]} ${names[0] === "epoch" ? Math.round(a) : a}, ${names[1]} ${b}`;
      const right = event.clientX > innerWidth - 220;
      tip.style.left = right ? "auto" : event.clientX + 14 + "px";
      tip.style.right = right ? innerWidth - event.clientX + 14 + "px" : "auto";
      tip.style.top = Math.max(4, event.clientY - 34) + "px";
    });
    svg.addEventListener("pointerleave", () => { tip.hidden = true; mark.remove(); });
  }
  all("svg[data-frame]").forEach(hover);

  // A closed part of the page that is linked to, or printed, opens.
  addEventListener("beforeprint", () => all("details").forEach((each) => { each.open = true; }));
})();
