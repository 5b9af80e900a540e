// Copies a text, and says so where the button is.

import { toast } from "./toasts.js";

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast("success", "Copied.");
  } catch {
    toast("warning", "The browser does not let us copy. Select the text and copy it yourself.");
  }
});
