// `/` goes to the search, unless one is typing.

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const field = [...document.querySelectorAll("[data-search]")].find(
    (candidate) => candidate.checkVisibility(),
  );
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});
