// A button that lets this browser be told while no page is open. It asks for permission only when pressed.
import { say, token } from "./forms.js";

function bytesOf(key) {
  const text = atob(key.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function isOfThisSite(subscription, key) {
  const bound = subscription.options.applicationServerKey;
  return bound && new Uint8Array(bound).join() === key.join();
}

async function subscribe(key) {
  const { pushManager } = await navigator.serviceWorker.ready;
  const before = await pushManager.getSubscription();
  if (before && !isOfThisSite(before, key)) await before.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

async function letPush(button) {
  if ((await Notification.requestPermission()) !== "granted") return say(button.dataset.denied);
  const subscription = await subscribe(bytesOf(button.dataset.pushKey)).catch(() => null);
  if (!subscription) return say(button.dataset.failed);
  const { endpoint, keys } = subscription.toJSON();
  const answer = await fetch("/settings/push", {
    method: "POST",
    headers: { "X-CSRFToken": token(), Accept: "application/json" },
    body: new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth }),
  }).catch(() => null);
  if (answer?.ok) return location.reload();
  await subscription.unsubscribe();
  say((await answer?.json().catch(() => null))?.detail || button.dataset.failed);
}

export function offerPush(button) {
  const isAble = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  document.querySelector("[data-push-unable]").hidden = isAble;
  button.hidden = !isAble;
  button.addEventListener("click", async () => {
    button.disabled = true;
    await letPush(button);
    button.disabled = false;
  });
}
