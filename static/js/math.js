// Sets formulas with KaTeX, which is fetched only where a page has some.
const folder = new URL("../vendor/katex/", import.meta.url);

const loaded = new Map();
function script(name) {
  if (!loaded.has(name)) {
    loaded.set(name, new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = new URL(name, folder);
      element.onload = resolve;
      element.onerror = reject;
      document.head.append(element);
    }));
  }
  return loaded.get(name);
}

function style() {
  if (loaded.has("css")) return;
  loaded.set("css", true);
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL("katex.min.css", folder);
  document.head.append(link);
}

export async function setFormulas(root) {
  const formulas = [...root.querySelectorAll(".math:not(.is-set, .is-wrong)")];
  if (!formulas.length) return;
  style();
  await script("katex.min.js");
  if (formulas.some((element) => /\\(ce|pu)\{/.test(element.textContent))) await script("mhchem.min.js");
  for (const element of formulas) {
    const source = element.textContent;
    try {
      globalThis.katex.render(source, element, { displayMode: element.tagName === "DIV", throwOnError: true, strict: "ignore", maxExpand: 500, maxSize: 30 });
      element.classList.add("is-set");
    } catch (problem) {
      element.textContent = source;
      element.title = problem.message;
      element.classList.add("is-wrong");
    }
  }
}
