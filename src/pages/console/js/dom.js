// Builds elements. Text is always text: nothing here takes HTML.

const SVG = 'http://www.w3.org/2000/svg';

/** `h('a.button.main', {href: '#/x', onclick}, 'text', child, [more])`; null and false are left out. */
export function h(spec, props, ...children) {
  const [tag, ...classes] = spec.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length) element.className = classes.join(' ');
  return fill(element, props, children);
}

/** The same for SVG. */
export function s(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  const plain = props && typeof props === 'object' && !(props instanceof Node) && !Array.isArray(props);
  if (plain) for (const [name, value] of Object.entries(props)) set(element, name, value);
  else if (props != null) children.unshift(props);
  add(element, children);
  return element;
}

const AS_PROPERTY = new Set(['value', 'checked', 'disabled', 'hidden', 'selected', 'open', 'required', 'readOnly', 'multiple', 'indeterminate']);

function set(element, name, value) {
  if (value == null || value === false) {
    if (AS_PROPERTY.has(name)) element[name] = value ?? '';
    return;
  }
  if (name === 'testid') element.setAttribute('data-testid', value);
  else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
  else if (AS_PROPERTY.has(name)) element[name] = value;
  else element.setAttribute(name, value === true ? '' : value);
}

export function add(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child == null || child === '' || child === false || child === true) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** Replaces everything inside. */
export function put(element, ...children) {
  element.replaceChildren();
  return add(element, ...children);
}

/** Sets text only when it differs, so that screen readers are not told twice. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let last = 0;
/** An id for `for`, `aria-describedby` and the like. */
export const uid = (prefix = 'x') => `${prefix}-${++last}`;

/** Counted as WeChat counts: code points, not UTF-16 units. */
export const chars = (text) => [...text].length;
