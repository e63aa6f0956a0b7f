// The one box that finds people, classes, courses and articles, from every page by “/”.

import { api, isGone } from './api.js';
import { h, put, uid } from './dom.js';
import { icon } from './icons.js';

const PAUSE_MS = 250;

/** Keeps its key on the whole window as long as `signal` lasts. */
export function searchBox({ open }) {
  const id = uid('search');
  const results = h('div.search-results', { id, hidden: true, testid: 'search-results', role: 'region', 'aria-label': '找到的' });
  const input = h('input.input', { type: 'search', placeholder: '找人、找班级', 'aria-label': '查找：姓名、电话后四位、班级、课程', 'aria-controls': id, autocomplete: 'off', testid: 'search', enterkeyhint: 'search' });
  const element = h('div.search', { role: 'search' }, icon('find'), input, h('kbd', { 'aria-hidden': 'true', title: '按 / 键直接查找' }, '/'), results);
  let timer = 0;
  let asked = null;

  const close = () => {
    asked?.abort();
    clearTimeout(timer);
    results.hidden = true;
  };
  const look = async () => {
    asked?.abort();
    const q = input.value.trim();
    if ([...q].length < 2) { close(); return; }
    asked = new AbortController();
    try {
      const found = await api.get(`/api/staff/search?q=${encodeURIComponent(q)}`, { signal: asked.signal });
      put(results, ...shown(found, q));
    } catch (error) {
      if (isGone(error)) return;
      put(results, h('p.none', { role: 'status' }, error.message));
    }
    results.hidden = false;
    // Beside the menu it lies over the page; in a menu that is folded it stands where it is.
    results.style.top = `${input.getBoundingClientRect().bottom + 6}px`;
  };
  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(look, PAUSE_MS); });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      const first = !results.hidden && results.querySelector('a');
      if (first) first.click(); else { clearTimeout(timer); look(); }
    }
  });
  element.addEventListener('keydown', (event) => {
    const links = [input, ...results.querySelectorAll('a')];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !results.hidden) {
      event.preventDefault();
      links[(links.indexOf(document.activeElement) + step + links.length) % links.length].focus();
    }
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
      input.focus();
    }
  });
  results.addEventListener('click', (event) => {
    if (event.target.closest('a')) { close(); input.value = ''; }
  });
  element.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !element.contains(event.relatedTarget)) close();
  });
  const onKey = (event) => {
    const typing = event.target.closest?.('input, textarea, select, [contenteditable=true]');
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing || document.querySelector('dialog[open]')) return;
    if (!element.isConnected) { removeEventListener('keydown', onKey); return; }
    event.preventDefault();
    open();
    input.focus();
    input.select();
  };
  addEventListener('keydown', onKey);
  addEventListener('click', (event) => { if (!element.contains(event.target)) close(); });
  return element;
}

function shown(found, q) {
  const link = (href, title, ...more) => h('li', {}, h('a', { href }, h('span.strong', title), more.filter(Boolean).map((one) => h('span.small.soft', one))));
  const part = (title, items) => items.length > 0 && h('section', {}, h('h2', title), h('ul', {}, items));
  const parts = [
    part('居民', found.people.map((one) => link(`#/residents?q=${encodeURIComponent(one.learner_number)}`, one.name, one.learner_number, one.phone_masked, one.community_name))),
    part('班级', found.classes.map((one) => link(one.taught ? `#/classes/${one.id}/results` : `#/classes/${one.id}`, one.name, one.time_text, one.teacher_name, one.term_name))),
    part('课程', found.courses.map((one) => link(`#/courses?q=${encodeURIComponent(one.name)}`, one.name))),
    part('新闻', found.articles.map((one) => link(`#/news/${one.id}`, one.title))),
  ].filter(Boolean);
  return parts.length ? parts : [h('p.none', { role: 'status' }, `没有找到“${q}”。`)];
}
