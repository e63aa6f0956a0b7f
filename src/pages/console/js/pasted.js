// What is pasted from Word, WPS or a web page becomes Markdown: the words, and of their look
// only what the house style knows. Nothing of the foreign HTML gets any further.

const SWALLOWED = new Set(['SCRIPT', 'STYLE', 'XML', 'META', 'LINK', 'TITLE', 'HEAD', 'TEMPLATE', 'IFRAME', 'OBJECT', 'SVG', 'MATH']);
const BLOCKS = new Set(['P', 'DIV', 'SECTION', 'ARTICLE', 'H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'UL', 'OL', 'LI', 'TABLE', 'BLOCKQUOTE', 'PRE', 'FIGURE', 'FIGCAPTION', 'HR', 'CENTER', 'HEADER', 'FOOTER', 'MAIN']);
const CJK = '\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f';

/** `{text, pictures, lost}`: Markdown, picture files that came along, and how many did not. */
export function pasted(html) {
  const found = { pictures: [], lost: 0 };
  const body = new DOMParser().parseFromString(quiet(html), 'text/html').body;
  const blocks = blocksOf(body, found).map((block) => block.trim()).filter(Boolean);
  return { text: joined(blocks), ...found };
}

/** Styles are read and never applied, handlers not even read: the page's policy has nothing to say of them. */
const quiet = (html) => html
  .replace(/<style[\s\S]*?<\/style\s*>/gi, '')
  .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/(\s)style(\s*=)/gi, '$1data-look$2').replace(/([\s"'/])on[a-z]+\s*=/gi, '$1data-none='));

/** Lines of one list belong together; all else is a block of its own. */
function joined(blocks) {
  return blocks.reduce((text, block, index) => {
    if (index === 0) return block;
    const list = /^(- |\d+\. )/;
    return text + (list.test(block) && list.test(blocks[index - 1]) ? '\n' : '\n\n') + block;
  }, '');
}

function blocksOf(parent, found) {
  const blocks = [];
  let line = '';
  const flush = () => { blocks.push(...paragraph(line)); line = ''; };
  for (const node of parent.childNodes) {
    if (node.nodeType === Node.ELEMENT_NODE && (BLOCKS.has(node.tagName) || holdsBlocks(node))) {
      flush();
      blocks.push(...block(node, found));
    } else {
      line += inline(node, found);
    }
  }
  flush();
  return blocks;
}

const holdsBlocks = (element) => !SWALLOWED.has(element.tagName) && [...element.children].some((child) => BLOCKS.has(child.tagName) || holdsBlocks(child));

function block(element, found) {
  const tag = element.tagName;
  if (SWALLOWED.has(tag)) return [];
  if (tag === 'HR') return ['---'];
  if (tag === 'TABLE') return [table(element, found)];
  if (tag === 'UL' || tag === 'OL') return [list(element, found).join('\n')];
  if (/^H[1-6]$/.test(tag)) {
    const text = plain(element, found);
    return text ? [`${tag === 'H1' || tag === 'H2' ? '##' : '###'} ${text}`] : [];
  }
  if (tag === 'BLOCKQUOTE') return [joined(blocksOf(element, found)).split('\n').map((one) => `> ${one}`.trim()).join('\n')];
  if (holdsBlocks(element)) return blocksOf(element, found);
  const marker = wordList(element);
  if (marker) return [`${marker}${plain(element, found)}`];
  const line = [...element.childNodes].map((node) => inline(node, found)).join('');
  return paragraph(line);
}

/** Word writes a list as paragraphs, each with its sign in a span of its own. */
function wordList(element) {
  const style = element.getAttribute('data-look') ?? '';
  if (!/mso-list:(?!\s*ignore)/i.test(style) && !/MsoListParagraph/.test(element.className)) return '';
  const sign = [...element.querySelectorAll('span')].find((span) => /mso-list:\s*ignore/i.test(span.getAttribute('data-look') ?? ''));
  const text = sign?.textContent.trim() ?? '';
  sign?.remove();
  const number = /^(\d+)[.)、．]?/.exec(text)?.[1];
  return number ? `${number}. ` : '- ';
}

function list(element, found) {
  let number = Number(element.getAttribute('start') ?? 1);
  const lines = [];
  for (const item of element.children) {
    const nested = [...item.children].filter((child) => child.tagName === 'UL' || child.tagName === 'OL');
    for (const inner of nested) inner.remove();
    const sign = element.tagName === 'OL' ? `${number}. ` : '- ';
    const text = item.tagName === 'LI' ? plain(item, found) : '';
    if (text) { lines.push(sign + text); number += 1; }
    const own = ['UL', 'OL'].includes(item.tagName) ? [item] : nested;
    for (const inner of own) lines.push(...list(inner, found).map((line) => ' '.repeat(sign.length) + line));
  }
  return lines;
}

function table(element, found) {
  const rows = [...element.querySelectorAll('tr')].map((row) => [...row.children].map((cell) => plain(cell, found).replace(/\|/g, '\\|')));
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (!width) return '';
  if (width === 1) return rows.map(([text]) => text).filter(Boolean).join('\n\n');
  const line = (row) => `| ${Array.from({ length: width }, (_, index) => row[index] ?? '').join(' | ')} |`;
  return [line(rows[0]), line(Array(width).fill('---')), ...rows.slice(1).map(line)].join('\n');
}

/** One line, whatever stands inside. */
const plain = (element, found) => tidy([...element.childNodes].map((node) => inline(node, found)).join(' ')).replace(/\s*\n\s*/g, ' ').trim();

function inline(node, found) {
  if (node.nodeType === Node.TEXT_NODE) return escaped(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE || SWALLOWED.has(node.tagName)) return '';
  if (node.tagName === 'BR') return '\u2028';
  if (node.tagName === 'IMG') return picture(node, found);
  const inside = [...node.childNodes].map((child) => inline(child, found)).join('');
  if (node.tagName === 'A') {
    const href = node.getAttribute('href') ?? '';
    const text = tidy(inside).trim();
    return /^https?:\/\//i.test(href) && text ? `[${text}](${href.replace(/[\s()<>]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`)})` : inside;
  }
  return isBold(node) ? bold(inside) : inside;
}

function isBold(element) {
  const weight = /font-weight:\s*(\w+)/i.exec(element.getAttribute('data-look') ?? '')?.[1];
  if (weight) return weight === 'bold' || weight === 'bolder' || Number(weight) >= 600;
  return element.tagName === 'B' || element.tagName === 'STRONG';
}

/** Blanks and signs at the ends stand outside, or the stars would be read as stars. */
function bold(text) {
  if (text.includes('**') || text.includes('\u2028')) return text;
  const [, before, inside, after] = /^([\s\p{P}]*)([\s\S]*?)([\s\p{P}]*)$/u.exec(text);
  return inside ? `${before}**${inside}**${after}` : text;
}

/** Pictures of our own keep their place; others come as files, or not at all. */
function picture(element, found) {
  const source = element.getAttribute('src') ?? '';
  const own = /(?:\/pictures\/|^picture:)(\d+)$/.exec(source)?.[1];
  if (own) return `![${tidy(escaped(element.alt)).trim()}](picture:${own})`;
  const file = fileOf(source);
  if (file) found.pictures.push(file);
  else found.lost += 1;
  return '';
}

function fileOf(source) {
  const data = /^data:(image\/(?:png|jpeg|webp|gif|bmp));base64,([A-Za-z0-9+/=\s]+)$/.exec(source);
  if (!data) return null;
  try {
    const bytes = Uint8Array.from(atob(data[2]), (letter) => letter.charCodeAt(0));
    return new File([bytes], '', { type: data[1] });
  } catch {
    return null;
  }
}

const escaped = (text) => text.replace(/\u2028/g, ' ').replace(/[\\`*_[\]<~]/g, '\\$&');

/** Line ends of the foreign file mean nothing; between Chinese letters not even a blank. */
function tidy(text) {
  return text
    .replace(new RegExp(`([${CJK}]\\**)[ \\t]*[\\r\\n]+[ \\t]*(?=\\**[${CJK}])`, 'gu'), '$1')
    // Two bold runs side by side are one.
    .replace(/(?<!\\)\*{4}/g, '')
    .replace(/[^\S\u2028\u3000]+/g, ' ')
    .replace(/ *\u2028 */g, '\n');
}

function paragraph(line) {
  const text = tidy(line).split('\n').map((one) => one.replace(/^[\s\u3000]+|\s+$/g, '')).join('\n').trim();
  // What begins like a mark is none.
  return text ? [text.replace(/^(#{1,6}\s|[-+>]\s|---)/gm, '\\$1').replace(/^(\d+)([.)]\s)/gm, '$1\\$2')] : [];
}
