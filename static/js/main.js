// What every page gets; the heavier pieces are fetched only by the pages that need them.
import { keepTimes } from "./times.js";
import { guardForms, postQuietly, sendToken } from "./forms.js";
import { tameMenus } from "./menus.js";
import { listenToKeys } from "./keys.js";

function enhance(root) {
  keepTimes(root);
  if (root.querySelector(".math:not(.is-set)")) {
    import("./math.js").then((math) => math.setFormulas(root));
  }
  if (root.querySelector("[data-composer]:not([data-ready])")) {
    import("./composer.js").then((composer) => composer.openComposers(root));
  }
}

enhance(document);
guardForms();
sendToken();
postQuietly();
tameMenus();
listenToKeys();
if (document.querySelector("[data-posts]")) {
  import("./reading.js").then((reading) => reading.readAlong());
}
const field = document.querySelector("[data-suggest-url]");
const suggest = () => import("./search.js").then((search) => search.suggestIn(field));
if (field && field.contains(document.activeElement)) suggest();
else field?.addEventListener("focusin", suggest, { once: true });
const answer = document.querySelector("[data-answer]");
if (answer) import("./results.js").then((results) => results.answerAtOnce(answer, enhance));
const similar = document.querySelector("[data-similar-url]");
if (similar) import("./similar.js").then((threads) => threads.lookForSimilar(similar, enhance));
document.addEventListener("htmx:after:swap", () => enhance(document));
