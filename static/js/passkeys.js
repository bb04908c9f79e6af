// Passkeys: the browser asks for face, finger or PIN, and the form is sent with what the key signed.
import { say } from "./forms.js";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const keys = (list) => (list ?? []).map((key) => ({ ...key, id: bytes(key.id) }));

function asked(button) {
  const options = JSON.parse(button.dataset.options);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  if (options.excludeCredentials) options.excludeCredentials = keys(options.excludeCredentials);
  if (options.allowCredentials) options.allowCredentials = keys(options.allowCredentials);
  return options;
}

function told(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const said = Object.fromEntries(parts.filter((part) => response[part]).map((part) => [part, text(response[part])]));
  if (response.getTransports) said.transports = response.getTransports();
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: said });
}

function send(button, credential) {
  button.form.elements[button.dataset.field ?? "credential"].value = told(credential);
  button.form.requestSubmit(button);
}

async function ask(button, more) {
  const making = button.dataset.passkey === "create";
  const credential = await navigator.credentials[making ? "create" : "get"]({ publicKey: asked(button), ...more });
  send(button, credential);
}

export function offerPasskeys(buttons) {
  if (!window.PublicKeyCredential) return;
  for (const button of buttons) {
    let waiting = null;
    button.hidden = false;
    button.addEventListener("click", (event) => {
      event.preventDefault();
      waiting?.abort();
      ask(button).catch(() => say(button.dataset.refused));
    });
    if (!("conditional" in button.dataset)) continue;
    PublicKeyCredential.isConditionalMediationAvailable?.().then((can) => {
      if (!can) return;
      waiting = new AbortController();
      ask(button, { mediation: "conditional", signal: waiting.signal }).catch(() => {});
    });
  }
}
