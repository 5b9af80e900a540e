// The page /api/docs: Swagger UI shows the document that the page names.

import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

const place = document.querySelector("[data-openapi]");
const theme = document.documentElement.dataset.theme;
const dark = matchMedia("(prefers-color-scheme: dark)");

function paint() {
  const wanted = theme === "dark" || (theme !== "light" && dark.matches);
  document.documentElement.classList.toggle("dark-mode", wanted);
}

dark.addEventListener("change", paint);
paint();
place.replaceChildren();
SwaggerUI({
  domNode: place,
  url: place.dataset.openapi,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  filter: true,
  validatorUrl: null,
});
