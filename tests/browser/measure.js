// What every page has to be for people who see and hit badly; each fault by page and element.

import { createRequire } from "node:module";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

const { source } = createRequire(import.meta.url)("axe-core");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const TEXT_MIN_PX = { elder: 18, standard: 16 };
const TARGET_MIN_PX = { elder: 60, standard: 44 };
const LINE_MIN = 1.3;

/** Pictures of the pages: in SHOTS, or beside the tests, where git ignores them. */
export const pictures = process.env.SHOTS ?? new URL("./pictures/", import.meta.url).pathname;

export async function picture(page, name) {
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

/** Violations of axe-core, one line each. */
export async function violations(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(source);
  const found = await page.evaluate(async (tags) => {
    const { violations: all } = await window.axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"], iframes: false });
    return all.flatMap(({ id, nodes }) => nodes.map((node) => `axe ${id}: ${node.target.join(" ")} ${node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? ""}`));
  }, TAGS);
  return found;
}

/** What is wrong with sizes and edges; `text` and `target` false where only wholeness is asked. */
export function faults(page, { mode, text = TEXT_MIN_PX[mode], target = TARGET_MIN_PX[mode] }) {
  return page.evaluate(inThePage, { text, target, line: LINE_MIN });
}

function inThePage({ text: least, target, line }) {
  const found = [];
  const nameOf = (element) => {
    const id = element.dataset.testid ? `[data-testid=${element.dataset.testid}]` : element.id ? `#${element.id}` : "";
    const kind = `${element.tagName.toLowerCase()}${id || (typeof element.className === "string" && element.className ? `.${element.className.trim().replaceAll(/\s+/g, ".")}` : "")}`;
    const words = (element.textContent || element.value || "").trim().slice(0, 14);
    return `${kind}${words ? ` “${words}”` : ""}`;
  };
  const say = (element, words) => found.push(`${nameOf(element)}: ${words}`);
  const px = (value) => Math.round(value * 10) / 10;
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".unseen, .sr, .skip, svg, noscript, option, dialog:not([open])");
  const free = (element) => element.closest(".wide, .scroll");
  const all = [...document.body.querySelectorAll("*")].filter(shown);
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} px wide, the screen ${width}`);

  for (const element of all) {
    const box = element.getBoundingClientRect();
    // Nothing, or for those who hear the page.
    if (box.width <= 1 || box.height <= 1) continue;
    const style = getComputedStyle(element);
    if ((box.right > width + 1 || box.left < -1) && !free(element)) say(element, `reaches from ${px(box.left)} to ${px(box.right)} px`);
    const clips = (value) => ["hidden", "clip"].includes(value);
    if (clips(style.overflowX) && element.scrollWidth > element.clientWidth + 1 && element !== document.body && element.tagName !== "PROGRESS") say(element, "is cut at the side");
    if (clips(style.overflowY) && element.scrollHeight > element.clientHeight + 1 && element !== document.body && element.tagName !== "PROGRESS") say(element, "is cut below");

    const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const writes = own.length || ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName);
    if (writes && !["checkbox", "radio", "file", "range", "color"].includes(element.type)) {
      const size = parseFloat(style.fontSize);
      if (least && size < least - 0.05) say(element, `has text of ${px(size)} px, not ${least}`);
      const height = style.lineHeight === "normal" ? null : parseFloat(style.lineHeight);
      if (own.length && least && (height === null || height / size < line - 0.005)) say(element, `has lines ${height === null ? "as the font likes" : px(height / size)} apart, not ${line}`);
    }
    if (element.tagName === "INPUT" && element.scrollWidth > element.clientWidth + 1 && element.value) say(element, "cuts what is written in it");
    if (element.tagName === "SELECT") {
      const pen = document.createElement("canvas").getContext("2d");
      pen.font = style.font;
      const words = element.selectedOptions[0]?.text ?? "";
      const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      if (pen.measureText(words).width > room + 1) say(element, `cuts “${words}”`);
    }
    for (const node of own) {
      const range = document.createRange();
      range.selectNodeContents(node);
      const holder = element.closest("button, a.button, a.tile, a.card, .places, .fresh, .count, summary, label.choice, h1, .note");
      const at = range.getBoundingClientRect();
      const edge = holder?.getBoundingClientRect();
      // The box of a letter is higher than its line, without being seen so.
      const slack = 1 + 0.3 * parseFloat(style.fontSize);
      if (edge && !free(element) && (at.left < edge.left - 1 || at.right > edge.right + 1 || at.top < edge.top - slack || at.bottom > edge.bottom + slack)) say(holder, `does not hold “${node.data.trim().slice(0, 14)}”`);
    }
  }

  if (target) {
    for (const element of all.filter((one) => one.matches("a[href], button, input:not([type=hidden]), select, textarea, summary"))) {
      // Who may be hit by its label is as large as that.
      const label = ["checkbox", "radio", "file"].includes(element.type) ? element.closest("label") : null;
      const box = (label ?? element).getBoundingClientRect();
      if (!box.width && !box.height) continue;
      if (box.width < target - 0.5 || box.height < target - 0.5) say(element, `is ${px(box.width)} × ${px(box.height)} px, not ${target} × ${target}`);
    }
  }
  // What stays on top leaves room for the page.
  const over = Math.max(0, ...all.filter((one) => getComputedStyle(one).position === "sticky" && one.offsetWidth > width / 2).map((one) => parseFloat(getComputedStyle(one).top) + one.offsetHeight));
  if (over > 260) found.push(`what stays on top is ${px(over)} px high`);
  return [...new Set(found)];
}

/** What can be done but not reached with the Tab key, or is reached without being seen. */
export async function unreached(page) {
  const count = await page.evaluate(() => {
    const shown = (one) => one.checkVisibility({ visibilityProperty: true });
    const wanted = [...document.querySelectorAll("a[href], button:not(:disabled), input:not([type=hidden]):not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex='0']")]
      .filter((one) => shown(one) && !one.closest("dialog:not([open])") && one.tabIndex >= 0);
    // The arrow keys move within a group, so Tab comes to one of it.
    const groups = new Map();
    const all = wanted.filter((one) => {
      if (one.type !== "radio" || !one.name) return true;
      const known = groups.get(one.name);
      groups.set(one.name, (known ?? []).concat(one));
      return !known;
    });
    window.walked = { all, groups, seen: new Set(), faint: [] };
    window.walked.hear = ({ target }) => {
      const { seen, faint } = window.walked;
      if (seen.has(target)) return;
      seen.add(target);
      const style = getComputedStyle(target);
      const marked = (of) => (of.outlineStyle !== "none" && parseFloat(of.outlineWidth) >= 2) || of.boxShadow !== "none";
      const label = target.closest("label");
      if (!marked(style) && !(label && marked(getComputedStyle(label)))) faint.push(target);
    };
    document.addEventListener("focusin", window.walked.hear);
    document.activeElement?.blur();
    getSelection().removeAllRanges();
    scrollTo(0, 0);
    // A date is several places to the Tab key.
    return all.length + 8 * all.filter((one) => /^(date|time|month)/.test(one.type)).length;
  });
  for (let nth = 0; nth < count + 3; nth += 1) await page.keyboard.press("Tab");
  return page.evaluate(() => {
    const { all, groups, seen, faint, hear } = window.walked;
    document.removeEventListener("focusin", hear);
    document.activeElement?.blur();
    scrollTo(0, 0);
    const nameOf = (one) => `${one.tagName.toLowerCase()}${one.dataset.testid ? `[data-testid=${one.dataset.testid}]` : ""} “${(one.textContent || one.getAttribute("aria-label") || one.name || "").trim().slice(0, 14)}”`;
    const reached = (one) => seen.has(one) || (one.type === "radio" && groups.get(one.name)?.some((other) => seen.has(other)));
    return [...all.filter((one) => one.isConnected && !reached(one)).map((one) => `Tab does not come to ${nameOf(one)}`), ...faint.map((one) => `the focus is not seen on ${nameOf(one)}`)];
  });
}
