// A button that was pressed says so and cannot post twice; small posts need no new page.
export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export function say(words) {
  document.querySelector(".toast")?.remove();
  const toast = document.createElement("p");
  toast.className = "toast";
  toast.setAttribute("role", "status");
  document.body.append(toast);
  toast.textContent = words;
  setTimeout(() => toast.remove(), 3000);
}

function press(button) {
  if (!button || button.dataset.calm) return;
  button.dataset.calm = button.innerHTML;
  button.classList.add("is-busy");
  button.setAttribute("aria-disabled", "true");
  if (button.dataset.busy) button.textContent = button.dataset.busy;
}

function release(button) {
  if (!button.dataset.calm) return;
  button.innerHTML = button.dataset.calm;
  delete button.dataset.calm;
  button.classList.remove("is-busy");
  button.removeAttribute("aria-disabled");
}

export function guardForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (!navigator.onLine) {
      event.preventDefault();
      say(document.body.dataset.offline);
      return;
    }
    form.dataset.sent = "yes";
    press(event.submitter);
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
    document.querySelectorAll("[data-calm]").forEach(release);
  });
}

export function sendToken() {
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("htmx:response:error", (event) => {
    say(event.detail.ctx.response.raw.statusText || String(event.detail.ctx.response.status));
  });
}

async function toggle(button) {
  const was = button.getAttribute("aria-pressed") === "true";
  button.setAttribute("aria-pressed", String(!was));
  const answer = await fetch(button.getAttribute("formaction"), {
    method: "POST",
    headers: { "X-CSRFToken": token(), "HX-Request": "true" },
    body: new URLSearchParams(new FormData(button.form, button)),
  }).catch(() => null);
  if (!answer?.ok) {
    button.setAttribute("aria-pressed", String(was));
    say(answer?.statusText || "–");
  }
}

async function changeTheme(form, button) {
  document.documentElement.dataset.theme = button.value;
  form.querySelectorAll("button").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
  await fetch(form.action, { method: "POST", headers: { "X-CSRFToken": token() }, body: new URLSearchParams(new FormData(form, button)) }).catch(() => null);
}

export function postQuietly() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-toggle]");
    if (!button?.form) return;
    event.preventDefault();
    toggle(button);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.hasAttribute("data-theme-switch") || !event.submitter) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    changeTheme(event.target, event.submitter);
  }, true);
}
