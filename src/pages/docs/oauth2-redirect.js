// Hands the answer of a sign-in to the window of the documentation, which asked for it, and closes. Nothing of the answer becomes markup.
"use strict";
{
  const result = document.getElementById("result");
  const answer = new URLSearchParams(window.location.search);
  // The code is good once, but it need not stand in the history.
  window.history.replaceState(null, "", window.location.pathname);

  const asked = (() => {
    try {
      return window.opener.swaggerUIRedirectOauth2;
    } catch {
      return undefined;
    }
  })();

  // RFC 6749 §10.12, RFC 9207 §2.4: an answer to another request, or of another server, is none.
  const problem = () => {
    if (answer.get("state") !== asked.state) return "The answer belongs to another request. Please try again.";
    if (answer.get("iss") !== result.dataset.issuer) return "The answer comes from another server.";
    if (answer.has("error")) return [answer.get("error"), answer.get("error_description")].filter(Boolean).join(": ");
    return answer.has("code") ? undefined : "The answer has no code.";
  };

  if (asked) {
    const message = problem();
    if (message) {
      asked.errCb({ authId: asked.auth.name, source: "auth", level: "error", message });
    } else {
      asked.auth.code = answer.get("code");
      asked.callback({ auth: asked.auth, redirectUrl: asked.redirectUrl });
    }
    delete window.opener.swaggerUIRedirectOauth2;
    window.close();
  } else {
    result.textContent = "No window waits for this answer. Go back to the documentation and start again.";
  }
}
