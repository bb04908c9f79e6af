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
  if (root.querySelector(".prose pre")) {
    import("./scrolling.js").then((scrolling) => scrolling.reachScrolling(root));
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
const bell = document.querySelector("[data-bell-url]");
if (bell) import("./bell.js").then((menu) => menu.hangBell(bell, keepTimes));
if (bell || document.querySelector("[data-live]")) import("./live.js").then((live) => live.stayAwake(enhance));
const answer = document.querySelector("[data-answer]");
if (answer) import("./results.js").then((results) => results.answerAtOnce(answer, enhance));
const similar = document.querySelector("[data-similar-url]");
if (similar) import("./similar.js").then((threads) => threads.lookForSimilar(similar, enhance));
const reasons = document.querySelector("[data-reasons]");
if (reasons) import("./reasons.js").then((module) => module.offerReasons(reasons));
const passkeys = document.querySelectorAll("button[data-passkey]");
if (passkeys.length) import("./passkeys.js").then((module) => module.offerPasskeys(passkeys));
const push = document.querySelector("button[data-push-key]");
if (push) import("./push.js").then((module) => module.offerPush(push));
import("./offline.js").then((module) => module.beReady());
document.querySelector("form[data-at-once]")?.requestSubmit();
document.querySelectorAll("button[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
document.addEventListener("htmx:after:swap", () => enhance(document));
