// htmx, within a strict content security policy, and what happens when a request fails.

import htmx from "htmx.org";

import { toast } from "./toasts.js";

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  historyCacheSize: 0, // pages of a signed-in person do not stay in the browser's storage
  includeIndicatorStyles: false,
  refreshOnHistoryMiss: true,
  scrollBehavior: "auto",
  selfRequestsOnly: true,
});

// A failure comes as problem details (RFC 9457), unless something before the portal failed.
const told = (xhr) => {
  const id = xhr.getResponseHeader("x-request-id");
  const reference = id ? ` (request ${id})` : "";
  try {
    return `${JSON.parse(xhr.responseText).detail}${reference}`;
  } catch {
    const what = xhr.status >= 500 ? "Something went wrong on our side." : "That did not work.";
    return `${what} Nothing was changed on this page${reference}.`;
  }
};

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get") return;
  for (const [name, value] of [...detail.formData.entries()]) {
    if (value === "") detail.formData.delete(name);
  }
});

document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  // Signed out meanwhile, or a page to read: go there the ordinary way.
  if (xhr.status === 401) {
    location.reload();
    return;
  }
  toast("danger", told(xhr));
});

document.addEventListener("htmx:sendError", () => {
  toast("danger", "The portal did not answer. Check your connection and try again.");
});

document.addEventListener("htmx:timeout", () => {
  toast("danger", "The portal took too long to answer. Try again in a moment.");
});
