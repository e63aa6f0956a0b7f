// What lies over the screen: sheets, overlays, short words.

import { h } from "./dom.js";

const holder = () => document.getElementById("layers");

/** Puts a node over everything; gives the function that takes it away. */
export function layer(node) {
  holder().append(node);
  return () => node.remove();
}

/** A sheet from below on a dark ground; `onDark` when the ground is tapped. */
export function sheet(content, onDark) {
  const ground = h("div.ground", {
    onclick: (event) => { if (event.target === ground) onDark?.(); },
  }, h("section.sheet", { role: "dialog", "aria-modal": "true" }, content));
  return layer(ground);
}

/** A few words that go away by themselves. */
export function toast(words) {
  const gone = layer(h("div.toast", { role: "status" }, words));
  setTimeout(gone, 2_500);
}

/** A list of things to do, from below. */
export function actions(entries) {
  let gone;
  const button = ([words, act, kind]) => h(`button.${kind ?? "plain"}`, {
    onclick: () => { gone(); act?.(); },
  }, words);
  gone = sheet(h("div.actions", {}, entries.map(button), button(["取消", null, "cancel"])), () => gone());
}
