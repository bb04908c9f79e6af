// What a form still needs, beside its button: a name leaves the line when its field is filled, and comes back when it is not.
const line = document.querySelector("[data-needed]");
const form = line?.closest("form");

function look() {
  const names = [...line.querySelectorAll("[data-needs]")];
  for (const name of names) {
    const field = form.elements[name.dataset.needs];
    name.hidden = field.type === "checkbox" ? field.checked : Boolean(field.value.trim());
  }
  line.hidden = names.every((name) => name.hidden);
}

if (form) {
  form.addEventListener("input", look);
  form.addEventListener("change", look);
  look();
}
