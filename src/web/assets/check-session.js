"use strict";
// The frame of OpenID Connect Session Management, section 3.2. A client's page asks it with "client_id session_state"; the answer is
// "unchanged", "changed" or "error". The cookie that is read here is no secret of the session and opens nothing. Where the browser keeps it
// from frames on other sites, the answer is "changed", and the client asks the server itself.

const COOKIE = `${location.protocol === "https:" ? "__Host-" : ""}claviger-state`;

function browserState() {
  const values = document.cookie.split("; ").filter(pair => pair.startsWith(`${COOKIE}=`)).map(pair => pair.slice(COOKIE.length + 1));
  return values.length === 1 ? values[0] : "";
}

async function hash(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function answer(message, origin) {
  const parts = typeof message === "string" && /^([A-Za-z0-9._~-]{1,128}) ([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{1,64})$/.exec(message);
  if (!parts) return "error";
  const [, client, expected, salt] = parts;
  return await hash(`${client} ${origin} ${browserState()} ${salt}`) === expected ? "unchanged" : "changed";
}

addEventListener("message", event => {
  const { source, origin, data } = event;
  // A page without an origin of its own can't be told apart from any other.
  if (!source || !/^https?:/.test(origin)) return;
  answer(data, origin).catch(() => "error").then(told => source.postMessage(told, origin));
});
