// Writing an article.
//
// 1. What was typed is on the page until the server has it. A failed or refused save
//    leaves it there; a copy stays in this browser until the save succeeds.
// 2. A draft is saved by itself a few seconds after a change. Once an article is in
//    review, a change undoes its passes: then only the button saves.
// 3. Somebody else's save is never written over without being asked.

import { api, isGone } from './api.js';
import { photoWarning } from './news_belongs.js';
import { checkBox } from './news_check.js';
import { conflictBox } from './news_conflict.js';
import { coverChoice } from './news_cover.js';
import { pictureDesk } from './news_pictures.js';
import { ACCOUNT_LIMITS, statusBadge } from './news_words.js';
import { phone } from './article_view.js';
import { h, put, say } from './dom.js';
import { field } from './form.js';
import { toolbar } from './markdown.js';
import { go, rename } from './router.js';
import { keepsake } from './keepsake.js';
import { saver } from './saver.js';
import * as time from './time.js';
import { alertBox, button, confirm, failure, pageHead, tell } from './ui.js';

const EMPTY = { title: '', digest: '', byline: '', origin: '', body: '', cover_id: null };
const TEXTS = ['title', 'digest', 'byline', 'origin', 'body'];

export async function page(ctx) {
  const id = ctx.params.id;
  let article = id ? await api.get(`/api/staff/articles/${id}`, { signal: ctx.signal }) : null;
  if (article && !article.may.includes('edit')) return refused(article);

  const lines = h('div.stack');
  const f = fields(article ?? { ...EMPTY, byline: ctx.me.name });
  const problems = h('div.stack');
  const saveState = h('span.save-state', { role: 'status', testid: 'article-save-state' });
  const status = h('span', {}, article && statusBadge(article));
  const view = phone(ctx.about.account_name);
  const check = checkBox({ find, signal: ctx.signal });
  const save = button('保存', { testid: 'article-save', onclick: () => work.now() });
  const submit = button('提交审核', { main: true, testid: 'article-submit', onclick: handIn });
  const kept = keepsake(ctx.me.id, article?.id ?? 'new');

  const cover = coverChoice({ value: article?.cover_id ?? null, body: () => f.body.input.value, signal: ctx.signal, changed: () => work.changed() });
  const pictures = pictureDesk({
    area: f.body.input,
    signal: ctx.signal,
    uploaded: (picture) => cover.offer(picture.id),
  });

  const read = () => ({ ...Object.fromEntries(TEXTS.map((name) => [name, f[name].input.value])), cover_id: cover.value() });

  const work = saver({
    read,
    auto: () => !article || article.status === 'draft',
    empty: (text) => !article && !TEXTS.some((name) => name !== 'byline' && text[name].trim()) && !text.cover_id,
    send: async (text) => {
      const saved = article
        ? await api.put(`/api/staff/articles/${article.id}`, { version: article.version, ...text })
        : await api.post('/api/staff/articles', text);
      const fresh = !article;
      took(saved);
      if (fresh) { kept.move(saved.id); rename(`#/news/${saved.id}/edit`); }
    },
    state: (kind, error) => {
      showSaveState(kind, error);
      if (kind === 'dirty') kept.put(read());
      if (kind === 'saved') { kept.drop(); put(problems); }
      if (kind === 'failed') {
        if (error.code === 'edited_meanwhile') conflict(error);
        else put(problems, failure(error));
      }
    },
  });

  function took(saved) {
    article = saved;
    view.show(saved);
    check.refresh(saved.id);
    put(status, statusBadge(saved));
    submit.hidden = !saved.may.includes('submit') && saved.status !== 'draft';
  }

  /** Selects words where they stand, as they are typed. */
  function find(quote) {
    const held = TEXTS.map((name) => f[name].input).find((input) => input.value.includes(quote));
    if (!held) return;
    const at = held.value.indexOf(quote);
    held.focus();
    held.setSelectionRange(at, at + quote.length);
    // A field scrolls to its selection only while somebody types.
    if (held === f.body.input) held.scrollTop = held.scrollHeight * at / Math.max(1, held.value.length) - held.clientHeight / 2;
  }

  function showSaveState(kind, error) {
    saveState.dataset.state = kind;
    say(saveState, {
      saved: `已保存 ${time.clockText(Date.now())}`,
      dirty: work.isAuto() ? '有改动，马上自动保存' : '有改动，还没保存',
      saving: '正在保存…',
      failed: error?.code === 'edited_meanwhile' ? '没有保存：别人先改了' : '没有保存，您写的还在',
    }[kind] ?? '');
  }

  async function conflict() {
    const theirs = await api.get(`/api/staff/articles/${article.id}`, { signal: ctx.signal }).catch(() => null);
    put(problems, conflictBox({
      theirs,
      keepMine: async () => { article = { ...article, version: theirs.version }; put(problems); await work.now(); },
      takeTheirs: () => { took(theirs); write(theirs); put(problems); work.clean(); kept.drop(); tell('已换成最新的内容。'); },
      again: conflict,
    }));
    problems.scrollIntoView({ block: 'center' });
  }

  function write(text) {
    for (const name of TEXTS) {
      f[name].input.value = text[name] ?? '';
      f[name].input.dispatchEvent(new Event('input'));
    }
    cover.set(text.cover_id ?? null);
  }

  async function handIn() {
    const wrong = TEXTS.map((name) => [f[name], f[name].check()]).find(([, message]) => message);
    if (wrong) { wrong[0].show(wrong[1]); wrong[0].input.focus(); return; }
    if (pictures.busy()) { put(problems, alertBox('warn', h('p', '图片还在上传，请等一下再提交。'))); return; }
    if (!(await work.now()) || !article) return;
    try {
      await api.post(`/api/staff/articles/${article.id}/submit`);
      work.clean();
      go(`#/news/${article.id}`);
      tell('已提交，等审核的人来看。');
    } catch (error) {
      if (isGone(error)) return;
      put(problems, failure(error), error.code === 'incomplete' && error.message.includes('分成两篇') && parting());
      problems.scrollIntoView({ block: 'center' });
    }
  }

  /** Too long for one: the second half becomes an article of its own. */
  const parting = () => h('div', {}, button('帮我分成两篇', {
    testid: 'article-split',
    onclick: async () => {
      const { article_id: second } = await api.post(`/api/staff/articles/${article.id}/split`, { version: article.version });
      const fresh = await api.get(`/api/staff/articles/${article.id}`);
      took(fresh); write(fresh); work.clean(); kept.drop();
      put(problems, alertBox('ok', h('p', '分好了。这里是上篇，请看看分得对不对。'), h('p', {}, h('a', { href: `#/news/${second}/edit`, testid: 'split-second' }, '看下篇'), '。两篇都三审通过后，可以用“多图文”一起发。')));
    },
  }));

  for (const name of TEXTS) f[name].input.addEventListener('input', () => { work.changed(); if (name === 'body') cover.refresh(); });
  const warn = (event) => { if (work.isDirty()) event.preventDefault(); };
  window.addEventListener('beforeunload', warn);
  ctx.left(() => { window.removeEventListener('beforeunload', warn); work.stop(); });
  ctx.guard(async () => {
    if (!work.isDirty()) return true;
    if (work.isAuto() && await work.now()) return true;
    const left = await confirm({ title: '有改动还没保存', text: '离开的话，这次的改动就没有了。', yes: '不保存，离开', danger: true, work: async () => { kept.drop(); work.clean(); } });
    return Boolean(left);
  });
  if (article) took(article); else view.show(EMPTY);
  const old = kept.get();
  if (old && TEXTS.some((name) => old.text[name] !== (article?.[name] ?? (name === 'byline' ? ctx.me.name : '')))) lines.append(offerOld(old, () => { write(old.text); work.changed(); }, () => kept.drop()));

  return h('div.page', {},
    pageHead({
      title: id ? '修改文章' : '写文章',
      badges: status,
      back: article ? { href: `#/news/${article.id}`, text: '这篇文章' } : { href: '#/news', text: '新闻' },
      actions: [saveState, save, submit],
    }),
    article && article.status !== 'draft' ? alertBox('warn', h('p', '这篇文章已经交审。改动并保存后，已通过的审核不再算数，要重新审。'), h('p', '所以这里不自动保存，改好后请按“保存”。')) : null,
    photoWarning(article?.meeting_id, ctx.signal),
    lines, problems,
    h('div.edit-columns', {},
      h('div.panel.stack', {},
        f.title.element, f.digest.element,
        h('div.form-grid', {}, f.byline.element, f.origin.element),
        bodyField(f, toolbar(f.body.input, pictures.button), pictures),
        cover.element, check.element),
      h('aside.preview-side', { 'aria-label': '预览' }, h('h2', '手机上的样子'), h('p.soft.small', '保存后更新。'), view.element)));
}

function fields(text) {
  const line = (name, label, hint, more) => field({ name, label, value: text[name], count: ACCOUNT_LIMITS[name], hint, testid: `article-${name}`, autocomplete: 'off', ...more });
  return {
    title: line('title', '标题', null, { required: true, full: true }),
    digest: line('digest', '摘要', '列表里标题下面的话。可以不写。', { type: 'textarea', rows: '2', full: true }),
    byline: line('byline', '作者'),
    origin: line('origin', '来源', null, { placeholder: '常阴沙社区教育中心' }),
    body: field({ name: 'body', label: '正文', type: 'textarea', value: text.body, rows: '16', full: true, testid: 'article-body', hint: '空一行是新的一段。图片可以按“插图”，也可以直接粘贴或拖进来。从 Word、WPS 或网页粘贴，会去掉多余的格式。' }),
  };
}

function bodyField(f, tools, pictures) {
  f.body.input.before(tools);
  f.body.element.append(pictures.list);
  return f.body.element;
}

function offerOld(old, restore, drop) {
  const box = alertBox('info',
    h('p', `这台电脑上有一份没保存成的稿子（${time.spoken(old.at)}）。`),
    h('div.row.tight', {},
      button('接着写那一份', { testid: 'restore-kept', onclick: () => { box.remove(); restore(); } }),
      button('不要了', { quiet: true, onclick: () => { box.remove(); drop(); } })));
  return box;
}

function refused(article) {
  return h('div.page', {},
    pageHead({ title: '修改文章', badges: statusBadge(article), back: { href: `#/news/${article.id}`, text: '这篇文章' } }),
    alertBox('info', h('p', article.status === 'published' ? '文章已经发布，不能再改。' : '这篇文章现在不能由您来改。')));
}
