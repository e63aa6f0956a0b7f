// Elements without a framework.

/** Makes an element: h('a.card', {href: '#/'}, 'text', node, [more]). */
export function h(what, props, ...children) {
  const [tag, ...classes] = what.split('.');
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name in element && (typeof value === 'boolean' || name === 'value')) element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  fill(element, children);
  return element;
}

function fill(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) fill(element, child);
    else if (child !== undefined && child !== null && child !== false && child !== '') element.append(child);
  }
}

/** Puts nodes in the place of what an element holds. */
export function put(element, ...children) {
  element.textContent = '';
  fill(element, children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

const PATHS = {
  back: 'M15 4l-8 8 8 8',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21',
  book: 'M12 6.5C9.5 4.6 6 4.1 3 4.6V18.5c3-.5 6.5 0 9 2 2.5-2 6-2.5 9-2V4.6c-3-.5-6.5 0-9 1.9zM12 6.5v14',
  scan: 'M4 8.5V4h4.5M15.5 4H20v4.5M20 15.5V20h-4.5M8.5 20H4v-4.5M4 12h16',
  hours: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5V12l3.2 2.2',
  mail: 'M3 5.5h18v13H3zM3.5 6l8.5 7 8.5-7',
  news: 'M4 4h13v16H6a2 2 0 0 1-2-2zM17 9h3v9a2 2 0 0 1-2 2M7.5 8.5h6M7.5 12.5h6M7.5 16h4',
  phone: 'M6 3h3.5l1.5 5-2.2 1.6a13 13 0 0 0 5.6 5.6L16 13l5 1.5V18a3 3 0 0 1-3 3C10 21 3 14 3 6a3 3 0 0 1 3-3z',
  sound: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a7.5 7.5 0 0 1 0 11',
  check: 'M4.5 12.5l5 5 10-11',
  alert: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5v5.5M12 16.2v.2',
  seat: 'M8 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM2.5 20c0-4 2-6.5 5.5-6.5s5.5 2.5 5.5 6.5M17 9v6M14 12h6',
  full: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12h8',
  wait: 'M6 3h12M6 21h12M7.5 3c0 5 4.5 6 4.5 9s-4.5 4-4.5 9M16.5 3c0 5-4.5 6-4.5 9s4.5 4 4.5 9',
  place: 'M12 21c-4.5-5-7-8.5-7-11.5a7 7 0 0 1 14 0c0 3-2.5 6.5-7 11.5zM12 7a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c0-4.5 3-7 8-7s8 2.5 8 7',
  calendar: 'M4 5.5h16V20H4zM4 10h16M8.5 3v4M15.5 3v4',
  next: 'M9 5l7 7-7 7',
};

/** A line drawing beside words; it says nothing by itself. */
export function icon(name, size) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon${size ? ` ${size}` : ''}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

/** Says a result to those who cannot see it. */
export function say(text) {
  document.getElementById('live').textContent = text;
}

/** Takes a word back, unless another was said since. */
export function hush(text) {
  const live = document.getElementById('live');
  if (live.textContent === text) live.textContent = '';
}

/** Moves the focus without a place in the order of tabs. */
export function focus(element) {
  if (!element.hasAttribute('tabindex')) element.setAttribute('tabindex', '-1');
  element.focus({ preventScroll: true });
}

/** Moves to something new on the page: in view, focused. */
export function lead(element) {
  focus(element);
  const top = element.getBoundingClientRect().top;
  const bar = document.getElementById('bar').offsetHeight;
  if (top < bar || top > innerHeight * 0.6) scrollBy(0, top - bar - 12);
}
