// Code that is wider than its place scrolls: then it is reached by the keyboard too, and only then.
export function reachScrolling(root) {
  for (const block of root.querySelectorAll(".prose pre")) watcher.observe(block);
}

const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
