// Passkeys: asks the portal for a question, the device for the answer, and sends that on.
// A form with data-passkey="create" or "get" names where the question is; without WebAuthn
// it stays hidden.

import { toast } from "./toasts.js";

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function opened(options) {
  const list = (ids) => ids?.map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    excludeCredentials: list(options.excludeCredentials),
    allowCredentials: list(options.allowCredentials),
  };
}

function closed({ id, rawId, type, response, authenticatorAttachment }) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = parts.filter((part) => response[part]);
  return JSON.stringify({
    id,
    type,
    authenticatorAttachment,
    rawId: text(rawId),
    response: Object.fromEntries(given.map((part) => [part, text(response[part])])),
    clientExtensionResults: {},
  });
}

async function question(form) {
  const answer = await fetch(form.dataset.question, {
    method: "POST",
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
      "x-csrf-token": form.elements.csrf_token.value,
    },
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return opened(told);
}

async function go(form) {
  const publicKey = await question(form);
  const wish = { publicKey };
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create(wish)
      : await navigator.credentials.get(wish);
  form.elements.response.value = closed(credential);
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await go(form);
    } catch (error) {
      const cancelled = error.name === "NotAllowedError" || error.name === "AbortError";
      const known = error.name === "InvalidStateError";
      const told = known ? "This device has a passkey for you already." : error.message;
      toast("warning", cancelled ? "No passkey was used." : told);
    }
  });
}
