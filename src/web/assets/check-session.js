"use strict";
// The frame of OpenID Connect Session Management, section 3.2. A client's page asks it with "client_id session_state"; the answer is
// "unchanged", "changed" or "error". The cookie that is read here is no secret of the session and opens nothing. Where the browser keeps it
// from frames on other sites, the answer is "error": nothing is known here, and whoever asks had better stop.
//
// Plain and old-fashioned on purpose, with a SHA-256 of its own: it runs in whatever browser the client's page runs in.

(function () {
  // On https its name says whether the server has the host for itself, or a path of it: "/check-session", or "/tenant/check-session".
  var PREFIX = location.pathname.split("/").length > 2 ? "__Secure-" : "__Host-";
  var COOKIE = (location.protocol === "https:" ? PREFIX : "") + "claviger-state=";

  // Every browser that had an answer of ours has one, also while nobody is signed in.
  function browserState() {
    var found = document.cookie.split("; ").filter(function (pair) { return pair.indexOf(COOKIE) === 0; });
    return found.length === 1 ? found[0].substring(COOKIE.length) : "";
  }

  // The first 32 bits of the fractional part of a prime's root (FIPS 180-4, sections 4.2.2 and 5.3.3).
  function fraction(root) {
    return ((root - Math.floor(root)) * 0x100000000) | 0;
  }

  var roundConstants = [], initial = [];
  for (var candidate = 2; roundConstants.length < 64; candidate++) {
    var isPrime = true;
    for (var divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) isPrime = false;
    if (isPrime) {
      if (initial.length < 8) initial.push(fraction(Math.pow(candidate, 1 / 2)));
      roundConstants.push(fraction(Math.pow(candidate, 1 / 3)));
    }
  }

  function rotated(word, by) {
    return (word >>> by) | (word << (32 - by));
  }

  // The SHA-256 of a text of ASCII characters, as a text of bytes (FIPS 180-4, section 6.2).
  function sha256(text) {
    var words = [], state = initial.slice(), blocks = ((text.length + 8) >> 6) + 1, i, t;
    for (i = 0; i < blocks * 16; i++) words.push(0);
    for (i = 0; i < text.length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
    words[text.length >> 2] |= 0x80 << (24 - (text.length % 4) * 8);
    words[words.length - 1] = text.length * 8;
    for (i = 0; i < words.length; i += 16) {
      var w = words.slice(i, i + 16), v = state.slice();
      for (t = 0; t < 64; t++) {
        if (t >= 16) {
          var early = w[t - 15], late = w[t - 2];
          var s0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3), s1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10);
          w[t] = (w[t - 16] + s0 + w[t - 7] + s1) | 0;
        }
        var choice = (v[4] & v[5]) ^ (~v[4] & v[6]), majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        var sum1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25), sum0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22);
        var first = (v[7] + sum1 + choice + roundConstants[t] + w[t]) | 0;
        v = [(first + sum0 + majority) | 0, v[0], v[1], v[2], (v[3] + first) | 0, v[4], v[5], v[6]];
      }
      for (t = 0; t < 8; t++) state[t] = (state[t] + v[t]) | 0;
    }
    return state.map(function (word) {
      return String.fromCharCode((word >>> 24) & 255, (word >>> 16) & 255, (word >>> 8) & 255, word & 255);
    }).join("");
  }

  function answer(message, origin) {
    var parts = typeof message === "string" && /^([A-Za-z0-9._~-]{1,128}) ([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{1,64})$/.exec(message);
    var state = browserState();
    if (!parts || !state) return "error";
    var hash = btoa(sha256(parts[1] + " " + origin + " " + state + " " + parts[3]));
    return hash.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "") === parts[2] ? "unchanged" : "changed";
  }

  window.addEventListener("message", function (event) {
    // A page without an origin of its own can't be told apart from any other.
    if (event.source && /^https?:/.test(event.origin)) event.source.postMessage(answer(event.data, event.origin), event.origin);
  });
})();
