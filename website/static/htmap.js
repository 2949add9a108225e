/* What is wider than the page can be scrolled by keys, too. Whether it is depends on the window. */
const reachable = () => {
  for (const box of document.querySelectorAll(".highlight pre, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};

/* The theme has two columns beside a page, and no names for them. */
const sides = { ".sidebar-drawer": "All pages", ".toc-drawer": "This page" };
for (const [side, name] of Object.entries(sides)) document.querySelector(side)?.setAttribute("aria-label", name);

window.addEventListener("load", reachable);
window.addEventListener("resize", reachable);
