"use strict";
// Goes on to the application as soon as the frames are loaded, or soon anyway. Without this script the link does it.
(function () {
  var onward = document.getElementById("continue"), gone = false;
  if (!onward) return;
  function go() {
    if (gone) return;
    gone = true;
    location.replace(onward.href);
  }
  window.addEventListener("load", go);
  setTimeout(go, 3000);
})();
