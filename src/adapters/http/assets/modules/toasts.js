// Toasts go by themselves, unless they tell of a failure; a pointer or the focus holds them.

const LINGER = 6000; // milliseconds

const region = () => document.getElementById("toasts");

/** Show a message for a while. kind: success, info, warning or danger. */
export function toast(kind, message) {
  const pattern = document.getElementById("toast-pattern").content.firstElementChild;
  const node = pattern.cloneNode(true);
  node.className = `toast toast-${kind}`;
  node.dataset.toast = kind;
  node.querySelector("p").textContent = message;
  region().append(node);
}

function start(node) {
  if (node.dataset.started) return;
  node.dataset.started = "yes";
  if (node.dataset.toast === "danger") return;
  let timer;
  const go = () => (timer = setTimeout(() => node.remove(), LINGER));
  const hold = () => clearTimeout(timer);
  for (const event of ["pointerenter", "focusin"]) node.addEventListener(event, hold);
  for (const event of ["pointerleave", "focusout"]) node.addEventListener(event, go);
  go();
}

const startAll = () => document.querySelectorAll("[data-toast]").forEach(start);

document.addEventListener("click", ({ target }) => {
  target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
});
// The body is watched, because a request may replace the region itself.
new MutationObserver(startAll).observe(document.body, { childList: true, subtree: true });
startAll();
