// What the theme leaves to do for those who read with a keyboard or a screen reader.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");

// A block of code and a table that can be scrolled can be reached by the keyboard, the others are
// passed over. The theme does so for code, and only where there is a mouse.
const reachable = (block) => {
  if (block.scrollWidth > block.clientWidth) {
    if (block.tabIndex < 0) block.tabIndex = 0;
  } else if (block.tabIndex >= 0) block.removeAttribute("tabindex");
};
const widths = new ResizeObserver((blocks) => blocks.forEach(({ target }) => reachable(target)));
const marks = new MutationObserver((blocks) => blocks.forEach(({ target }) => reachable(target)));
for (const block of document.querySelectorAll(".md-typeset pre > code")) {
  widths.observe(block);
  marks.observe(block, { attributeFilter: ["tabindex"] });
}

// The theme adds a frame to each table, and a button to each block of code. The button is no part
// of the page that one would jump to.
new MutationObserver(() => {
  for (const each of document.querySelectorAll(".md-typeset__scrollwrap")) widths.observe(each);
  for (const each of document.querySelectorAll(".md-code__nav:not([role])")) each.role = "none";
}).observe(document.querySelector("main"), { childList: true, subtree: true });
