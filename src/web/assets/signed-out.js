"use strict";
// Goes on to the application as soon as the frames are loaded, or soon anyway. Without this script the link does it.
const onward = document.querySelector("#continue");
if (onward) {
  const go = () => location.replace(onward.href);
  addEventListener("load", go);
  setTimeout(go, 3000);
}
