// Small tools for building pages; nothing is ever parsed as HTML.

/** Makes an element: h("button.big", {onclick}, "text", child). */
export function h(what, props, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const ICONS = {
  back: "M15 4l-8 8 8 8",
  close: "M5 5l14 14M19 5L5 19",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  plus: "M12 5v14M5 12h14",
  scan: "M4 9V5a1 1 0 011-1h4M15 4h4a1 1 0 011 1v4M20 15v4a1 1 0 01-1 1h-4M9 20H5a1 1 0 01-1-1v-4M3 12h18",
  chat: "M4 5h16v11H10l-5 4v-4H4z",
  find: "M12 3a9 9 0 100 18 9 9 0 000-18zM15.5 8.5l-2 5-5 2 2-5z",
  me: "M12 12a4 4 0 100-8 4 4 0 000 8zM4 20c1-4 4-6 8-6s7 2 8 6",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8",
  menu: "M5 7h14M5 12h14M5 17h14",
  list: "M5 8h14M5 16h14",
  bell: "M6 17V11a6 6 0 0112 0v6l2 1H4zM10 21h4",
  arrow: "M9 5l7 7-7 7",
  check: "M5 12l5 5 9-10",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
  voice: "M12 4a2.5 2.5 0 00-2.5 2.5v5a2.5 2.5 0 005 0v-5A2.5 2.5 0 0012 4zM6 11a6 6 0 0012 0M12 17v3",
  place: "M12 21s6-6.5 6-11a6 6 0 10-12 0c0 4.5 6 11 6 11zM12 12a2 2 0 100-4 2 2 0 000 4z",
  play: "M8 5l11 7-11 7z",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3",
  service: "M5 13v-1a7 7 0 0114 0v1M4 13h3v5H4zM17 13h3v5h-3zM19 18c0 2-2 3-5 3",
  person_add: "M10 12a4 4 0 100-8 4 4 0 000 8zM3 20c1-4 3-6 7-6M17 12v8M13 16h8",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A square with the last character of a name. */
export function avatar(user) {
  return h(`span.avatar.hue${user.id % 6}`, { "aria-hidden": "true" }, [...user.name].at(-1));
}

export function picture(file, className) {
  return h(`img.avatar.${className ?? "square"}`, { src: `/phone/assets/${file}`, alt: "" });
}

const parts = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", year: "numeric", month: "numeric", day: "numeric",
  hour: "2-digit", minute: "2-digit", hour12: false,
});

function fields(at) {
  return Object.fromEntries(parts.formatToParts(at).map((part) => [part.type, part.value]));
}

/** `09:12` today, `昨天 09:12`, `9月1日 09:12`. */
export function when(text) {
  const at = fields(new Date(text));
  const clock = `${at.hour}:${at.minute}`;
  const day = (it) => `${it.year}-${it.month}-${it.day}`;
  if (day(at) === day(fields(new Date()))) return clock;
  if (day(at) === day(fields(new Date(Date.now() - 86_400_000)))) return `昨天 ${clock}`;
  return `${at.month}月${at.day}日 ${clock}`;
}

/** The clock of the status bar. */
export function clock() {
  const at = fields(new Date());
  return `${at.hour}:${at.minute}`;
}

/** Text of a chat with its links; everything but `<a>` stays text. */
export function rich(text, open) {
  const parsed = new DOMParser().parseFromString(text.replaceAll("\n", "\u2028"), "text/html");
  const out = document.createDocumentFragment();
  const plain = (words) => {
    for (const piece of words.replaceAll("\u2028", "\n").split(/(https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+)/)) {
      if (/^https?:\/\//.test(piece)) out.append(link(piece, piece));
      else if (piece) out.append(piece);
    }
  };
  const link = (words, target) => h("a.link", {
    href: "#", onclick: (event) => { event.preventDefault(); open(target); },
  }, words);
  const walk = (node) => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) plain(child.textContent);
      else if (child.nodeName === "A") {
        const target = child.getAttribute("data-miniprogram-path") ?? child.getAttribute("href") ?? "";
        out.append(link(child.textContent.replaceAll("\u2028", "\n"), target));
      } else walk(child);
    }
  };
  walk(parsed.body);
  return out;
}
