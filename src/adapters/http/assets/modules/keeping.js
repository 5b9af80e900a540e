// Lets a person take a text away: as a file, or on paper.

for (const button of document.querySelectorAll("[data-download], [data-print]")) button.hidden = false;

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-download]");
  if (button) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${button.dataset.text}\n`], { type: "text/plain" }));
    link.download = button.dataset.download;
    link.click();
    URL.revokeObjectURL(link.href);
  }
  if (target.closest("[data-print]")) print();
});
