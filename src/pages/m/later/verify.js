// 查验证书: anybody who has the number sees whether it stands.

import { get } from '../api.js';
import { h } from '../dom.js';
import { hours, note } from '../parts.js';

export async function verify({ id }) {
  const one = await get(`/verify/${id}`);
  const valid = one.state === 'valid';
  return [
    note(valid ? 'good' : 'bad', valid ? 'check' : 'alert', h('p.strong', { 'data-testid': 'verified' }, valid ? '这张证书有效。' : `这张证书已经作废（${one.revoked_text}）。`)),
    h('section.card', {},
      h('h2', {}, one.title),
      h('p', {}, `姓名：${one.name_masked}`),
      h('p', {}, one.about),
      h('p', {}, one.kind === 'service' ? `${hours(one.hours_hundredths)} 小时` : `${hours(one.hours_hundredths)} 学时${one.credits_tenths ? `，${one.credits_tenths / 10} 学分` : ''}`),
      h('p', {}, `${one.centre_name}，${one.issued_text}`),
      h('p.small', {}, `编号 ${one.number}`)),
    h('p.small', {}, '请和手上的证书对一对：编号、姓、时数都要一样。'),
  ];
}
