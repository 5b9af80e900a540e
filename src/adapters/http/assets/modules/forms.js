// Forms: sent once, left with care, read from the first error on.

const sent = new WeakSet();
let changed = false;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.guard !== undefined) changed = false;
  if (form.dataset.once === undefined || form.hasAttribute("hx-post")) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  form.setAttribute("aria-busy", "true");
});

// Coming back with the browser's button finds the form as it was, ready to be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    sent.delete(form);
    form.removeAttribute("aria-busy");
  }
});

document.addEventListener("input", ({ target }) => {
  if (target.form?.dataset.guard !== undefined) changed = true;
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-leave]")) changed = false; // they said so
});

addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});

const firstError = document.querySelector("[data-errors], [aria-invalid=true]");
firstError?.focus();

// A link of the summary puts the cursor into the field, not just the field into view.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-errors] a[href^='#']");
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.scrollIntoView({ block: "center" });
});

for (const button of document.querySelectorAll("[data-reveal]")) button.hidden = false;

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-reveal]");
  if (!button) return;
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
});
