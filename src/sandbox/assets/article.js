// Links of an article are opened by the phone around it.

addEventListener("click", (event) => {
  const link = event.target.closest?.("a");
  if (!link || window.parent === window || link.closest("#sign-in")) return;
  event.preventDefault();
  const target = link.getAttribute("data-miniprogram-path") ?? link.href;
  window.parent.postMessage({ type: "sandbox:open", link: target }, location.origin);
});
