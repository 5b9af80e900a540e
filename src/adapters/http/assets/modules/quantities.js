// The two buttons beside a quantity.

function show() {
  for (const button of document.querySelectorAll("[data-step][hidden]")) button.hidden = false;
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-step]");
  if (!button) return;
  const field = button.closest("[data-quantity]").querySelector("input");
  if (button.dataset.step === "1") field.stepUp();
  else field.stepDown();
  field.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("htmx:load", show);
show();
