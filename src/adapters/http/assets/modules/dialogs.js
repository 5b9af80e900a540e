// A dialog is a popover without a script; with one it is modal: the page behind it rests.

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[popovertarget]");
  const dialog = button && document.getElementById(button.getAttribute("popovertarget"));
  if (dialog instanceof HTMLDialogElement) {
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open(dialog, button);
  }
});

function open(dialog, button) {
  dialog.showModal();
  const field = dialog.querySelector("input:not([type=hidden]), select, textarea");
  field?.focus();
  dialog.addEventListener("close", () => button.focus(), { once: true });
}

// A click on the backdrop has the dialog itself as its target.
document.addEventListener("pointerdown", ({ target }) => {
  if (target instanceof HTMLDialogElement && target.open) target.close();
});

// Small menus close when one looks elsewhere.
document.addEventListener("click", ({ target }) => closeMenus(target.closest("[data-menu]")));
document.addEventListener("keydown", ({ key, target }) => {
  if (key !== "Escape") return;
  const menu = target.closest?.("[data-menu][open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});

function closeMenus(except) {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}
