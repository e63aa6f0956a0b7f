// Which page an address names, and how to get to one.

const PAGES = [
  [/^\/$/, 'home', '尚学'],
  [/^\/classes$/, 'classes', '找班级'],
  [/^\/classes\/(\d+)$/, 'class', '班级'],
  [/^\/wishes$/, 'wishes', '我的志愿', true],
  [/^\/draw$/, 'draw', '摇号'],
  [/^\/mine$/, 'mine', '我的课程', true],
  [/^\/change\/(\d+)$/, 'change', '换班', true],
  [/^\/checkin$/, 'checkin', '签到', true],
  [/^\/activities$/, 'activities', '活动'],
  [/^\/activities\/(\d+)$/, 'activity', '活动'],
  [/^\/clubs$/, 'clubs', '社团'],
  [/^\/clubs\/(\d+)$/, 'club', '社团'],
  [/^\/volunteer$/, 'volunteer', '志愿服务'],
  [/^\/volunteer\/records$/, 'records', '服务时长公示'],
  [/^\/hours$/, 'hours', '学时', true],
  [/^\/record$/, 'record', '学习档案', true],
  [/^\/verify\/([\w-]+)$/, 'verify', '查验证书'],
  [/^\/(?:messages|notices)$/, 'messages', '消息', true],
  [/^\/news$/, 'news', '新闻'],
  [/^\/news\/(\d+)$/, 'article', '新闻'],
  [/^\/login$/, 'login', '登录'],
  [/^\/consent$/, 'consent', '隐私说明'],
  [/^\/profile$/, 'profile', '个人信息', true],
  [/^\/pledge$/, 'pledge', '承诺书', true],
  [/^\/relative$/, 'relative', '我的家人', true],
  [/^\/leave$/, 'leave', '注销账号', true],
  [/^\/help$/, 'help', '帮助'],
  [/^\/desk$/, 'desk', '我的留言', true],
  [/^\/link$/, 'link', '连接公众号', true],
  [/^\/family$/, 'family', '家人', true],
  [/^\/care$/, 'care', '关怀电话', true],
  [/^\/photos$/, 'photos', '上课拍照', true],
  [/^\/staff-link$/, 'staffLink', '绑定工作台', true],
  [/^\/absent$/, 'absent', '请假', true],
  [/^\/guest$/, 'guest', '旁听', true],
  [/^\/card$/, 'card', '我的学员卡', true],
  [/^\/seen$/, 'seen', '学员卡'],
];

/** What the address after # names: {name, title, path, query, whole, own}. */
export function read(hash) {
  const whole = hash.replace(/^#/, '') || '/';
  const [path, search = ''] = whole.split(/\?(.*)/s);
  const clean = path.length > 1 ? path.replace(/\/+$/, '') : path;
  const query = new URLSearchParams(search);
  for (const [shape, name, title, own = false] of PAGES) {
    const found = shape.exec(clean);
    if (found) return { name, title, path: clean, id: found[1], query, whole, own };
  }
  return { name: 'missing', title: '没有这一页', path: clean, query, whole, own: false };
}

export const here = () => read(location.hash);

let replacing = false;

/** Goes to a page in the place of this one, so that “back” does not return here. */
export function instead(whole) {
  replacing = true;
  if (`#${whole}` === location.hash) dispatchEvent(new HashChangeEvent('hashchange'));
  else location.replace(`#${whole}`);
}

/** Whether the page that comes took the place of another; asked once. */
export function tookPlace() {
  const answer = replacing;
  replacing = false;
  return answer;
}

/** The pages of ours that lie behind this one, and this one. Kept by app.js. */
export const trail = [];

/** Back to the page from which the person was led away, or there in the place of this one. */
export function returnTo(whole) {
  if (trail[trail.length - 2] === whole) history.back();
  else instead(whole);
}

/** To the sign-in, and afterwards back to where the person was. */
export function needLogin(to = here().whole) {
  instead(`/login?to=${encodeURIComponent(to)}`);
}

/** A page of ours and nothing else: what a link brings is not trusted. */
export function inside(to) {
  return to && /^\/(?!\/)/.test(to) ? to : '/';
}
