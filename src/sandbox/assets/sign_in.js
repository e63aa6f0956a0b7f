// The page of web sign-in: inside the phone, the phone asks; elsewhere the list stays.

const asked = document.getElementById("sign-in");
if (asked && window.parent !== window) {
  asked.hidden = true;
  addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== location.origin) return;
    if (event.data?.type !== "sandbox:authorized") return;
    if (event.data.url) location.replace(event.data.url);
    else asked.hidden = false;
  });
  const message = { type: "sandbox:authorize", link: location.href, asks: asked.dataset.asks === "true" };
  window.parent.postMessage(message, location.origin);
}
