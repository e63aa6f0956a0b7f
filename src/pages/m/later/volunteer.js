// 志愿服务: teams, shifts, hours and stars.

import { get, newKey, post, session } from '../api.js';
import { h, icon, lead, put, say } from '../dom.js';
import { button, confirmed, link, note, prepared } from '../parts.js';
import { needLogin } from '../routes.js';

/** `1 小时 30 分`. */
const spent = (minutes) => {
  const parts = [minutes >= 60 && `${Math.floor(minutes / 60)} 小时`, (minutes % 60 > 0 || minutes === 0) && `${minutes % 60} 分`];
  return parts.filter(Boolean).join(' ');
};

export async function volunteer() {
  const page = h('div.page');
  const load = async (words) => {
    const signed = session.signedIn && !session.acting;
    const [{ items: teams }, mine, shifts] = await Promise.all([
      get('/volunteer/teams'),
      signed ? get('/me/volunteer') : null,
      signed ? get('/me/volunteer/shifts').then(({ items }) => items) : [],
    ]);
    put(page, words && note('good', 'check', h('p.strong', { 'data-testid': 'done' }, words)), content({ teams, mine, shifts, load }));
    if (words) { say(words); scrollTo(0, 0); lead(page.firstChild); }
  };
  await load();
  return page;
}

function content({ teams, mine, shifts, load }) {
  const own = shifts.filter((one) => one.enrolment_id);
  const open = shifts.filter((one) => !one.enrolment_id && one.may_join);
  const live = mine ? mine.teams.filter((one) => one.live) : [];
  return [
    mine?.volunteer && sum(mine),
    own.length > 0 && [h('h2', {}, '我报的服务'), h('ul.cards', {}, own.map((one) => h('li', {}, shift(one, load))))],
    live.some((one) => one.state === 'trained') && [h('h2', {}, '可以报的服务'),
      open.length ? h('ul.cards', {}, open.map((one) => h('li', {}, shift(one, load)))) : h('p.empty', {}, '现在没有要人的服务。')],
    live.length > 0 && [h('h2', {}, '我的队伍'), live.map((one) => membership(one, load))],
    mine && mine.teams.filter((one) => !one.live && one.reason).slice(0, 1).map((one) => note('plain', 'alert', h('p.strong', {}, `${one.team_name}：${one.state_text}`), one.reason)),
    h('h2', {}, live.length ? '别的队伍' : '加入一支队伍'),
    h('ul.cards', {}, teams.filter((one) => !live.some((held) => held.team_id === one.id)).map((one) => h('li', {}, team(one, mine, load)))),
    mine?.served.length > 0 && served(mine),
    link('服务时长公示', '#/volunteer/records', 'second', { 'data-testid': 'records-link' }),
  ];
}

function sum(mine) {
  return h('section.card.sum', { 'data-testid': 'volunteer-sum' },
    h('h2', {}, mine.stars ? `${mine.stars} 星志愿者` : '我的服务'),
    h('p.figure', {}, h('strong', {}, spent(mine.confirmed_minutes))),
    h('p', {}, `服务 ${mine.times} 次。`, mine.next_star_hours && `满 ${mine.next_star_hours} 小时升一颗星。`),
    mine.hanging_minutes > 0 && h('p.small', {}, `还有 ${spent(mine.hanging_minutes)} 在公示，满 7 天计入。`),
    mine.confirmed_minutes > 0 && button('开服务证明', { kind: 'second', busy: '正在准备…', id: 'service-proof', work: async () => {
      const { url } = await post('/me/volunteer/proof', {});
      location.assign(url);
    } }));
}

function shift(one, load) {
  const key = newKey();
  return h('article.card', { 'data-testid': 'shift', 'data-shift': one.id },
    h('h3', {}, one.name), h('p.small', {}, one.team_name), h('p', {}, one.task),
    h('p.line', {}, icon('calendar'), `${one.time_text}–${one.until_text}`),
    h('p.line', {}, icon('place'), `${one.site_name} ${one.room}`),
    one.status === 'cancelled' && note('warn', 'alert', '这次服务取消了。'),
    one.status !== 'cancelled' && one.enrolment_id && [note('good', 'check', '已经报名。到了扫码签到，走的时候再扫一次签退。'),
      confirmed('来不了，退出', `不去“${one.name}”了吗？`, { yes: '是，不去了', busy: '正在退出…', id: 'shift-leave', work: async () => {
        await post(`/me/volunteer/enrolments/${one.enrolment_id}/withdraw`, {});
        await load('退出了。');
      } })],
    !one.enrolment_id && (one.free > 0
      ? button('报名', { kind: 'main', busy: '正在报名…', id: 'shift-join', work: async () => { await post(`/me/volunteer/shifts/${one.id}/enrolments`, {}, key); await load(`报上了“${one.name}”。`); } })
      : h('p.places.none', {}, icon('full'), '人够了')));
}

const MARKS = { applied: ['plain', 'wait'], approved: ['good', 'check'], trained: ['good', 'check'] };

function membership(one, load) {
  const [kind, mark] = MARKS[one.state];
  return h('article.card', { 'data-testid': 'my-team', 'data-state': one.state },
    h('h3', {}, one.team_name), note(kind, mark, h('p.strong', {}, one.state_text)),
    confirmed(one.state === 'applied' ? '不申请了' : '退出这支队伍', one.state === 'applied' ? '收回申请吗？' : `退出“${one.team_name}”吗？服务时长还在。`,
      { yes: '是', busy: '正在退出…', id: 'team-leave', work: async () => { await post(`/me/volunteer/teams/${one.id}/leave`, { reason: null }); await load(one.state === 'applied' ? '收回了申请。' : '退出了队伍。'); } }));
}

function team(one, mine, load) {
  const place = h('div');
  const open = async () => {
    if (!session.signedIn) { needLogin('/volunteer'); return; }
    if (!(await prepared('/volunteer'))) return;
    const skills = h('input', { maxlength: '200', value: mine?.skills ?? '', 'data-testid': 'skills' });
    const availability = h('input', { maxlength: '200', value: mine?.availability ?? '', 'data-testid': 'availability' });
    put(place, h('section.confirm', {},
      h('label.field', {}, h('span', {}, '会做什么（可以不写）'), skills, h('span.small', {}, '比如：会用手机、会拍照、会修电器')),
      h('label.field', {}, h('span', {}, '什么时候有空（可以不写）'), availability, h('span.small', {}, '比如：周二、周四上午')),
      button('申请加入', { kind: 'main', busy: '正在申请…', id: 'team-apply-send', work: async () => {
        await post('/me/volunteer/applications', { team_id: one.id, skills: skills.value, availability: availability.value });
        await load(`申请交上去了，等“${one.name}”的队长答复。`);
      } }),
      h('button.button.second', { type: 'button', onclick: shut }, '先不')));
    lead(place.firstChild);
  };
  const shut = () => put(place, button('申请加入', { kind: 'second', id: `team-apply-${one.id}`, work: open }));
  if (!one.closed) shut();
  return h('article.card', { 'data-testid': 'team' },
    h('h3', {}, one.name), h('p', {}, one.purpose), h('p.small', {}, `${one.people} 人`),
    one.closed ? h('p.hint', {}, '不再收人了。') : place);
}

function served(mine) {
  return h('details', {}, h('summary.button.quiet', {}, `服务记录（${mine.served.length}）`),
    h('ul.lines', {}, mine.served.map((one) => h('li.attended', { 'data-testid': 'served' },
      h('p', {}, h('strong', {}, one.shift_name)), h('p.small', {}, `${one.time_text} · ${one.team_name}`),
      h('p.line', {}, icon(one.confirmed ? 'check' : 'wait'), one.confirmed ? spent(one.minutes) : `${spent(one.minutes)}，在公示`)))));
}

export async function records() {
  const { items } = await get('/volunteer/records');
  return [
    h('p', {}, '核定的服务时长，在这里公示 7 天。有不对的，请告诉教育中心。'),
    items.length ? h('ul.lines', {}, items.map((one) => h('li.attended', { 'data-testid': 'record-line' },
      h('p', {}, h('strong', {}, `${one.name_masked}（尾号 ${one.number_tail}）`), ` ${spent(one.minutes)}`),
      h('p.small', {}, `${one.day_text} · ${one.shift_name} · ${one.team_name}`), h('p.small', {}, `公示到${one.until_text}`))))
      : h('p.empty', {}, '现在没有公示的记录。'),
    link('回志愿服务', '#/volunteer', 'second'),
  ];
}
