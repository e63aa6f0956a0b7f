// 关怀电话: who lives alone says that they want to be called when they are missing.

import { about, get, post, remove } from '../api.js';
import { h, lead, put, say } from '../dom.js';
import { button, note, phoneButton, prepared } from '../parts.js';

export async function care({ whole }) {
  if (!(await prepared(whole))) return null;
  const [centre, papers, phone] = await Promise.all([about(), get('/me/papers'), phoneButton()]);
  const page = h('div.page');
  const show = (wanted, words) => {
    put(page, words && note('good', 'check', h('p.strong', {}, words)),
      h('section.card', {}, h('h2', {}, '是什么'), h('ul.plain', {},
        h('li', {}, '75 岁以上、一个人住，可以要关怀电话。'),
        h('li', {}, '有课没来，也没请假，社区当天打电话问一声。'),
        h('li', {}, '找不到您，就打给您留的家人。'),
        h('li', {}, '只有工作人员知道，不用来做别的事。'))),
      wanted ? on(show) : off(show, centre.consent_version),
      h('section.card', {}, h('p', {}, '不会弄？打个电话，我们帮您办。'), phone),
      h('p.small', {}, `版本 ${centre.consent_version}`));
    if (!words) return;
    say(words);
    lead(page.firstChild);
  };
  show(papers.care_call);
  return page;
}

function off(show, version) {
  return button('我一个人住，请打电话', { kind: 'main', busy: '正在记下…', id: 'care-on', work: async () => {
    await post('/me/consents', { kind: 'care_call', version });
    show(true, '记下了。没来上课，我们会打电话。');
  } });
}

function on(show) {
  return h('div', {}, note('good', 'check', h('p.strong', { 'data-testid': 'care-wanted' }, '您已经要了关怀电话。')),
    // Taken back by the button that is there then.
    button('不要了', { kind: 'quiet', busy: '正在处理…', id: 'care-off', work: async () => {
      await remove('/me/consents/care_call');
      show(false, '好的，以后不打了。要的话，再点下面。');
    } }));
}
