// Who sees what. The server decides; this only spares people doors that are shut.

const everyone = ['admin', 'centre', 'officer', 'teacher', 'editor', 'section_head', 'leader'];
const centre = ['admin', 'centre'];
const enrolment = ['admin', 'centre', 'officer'];
const rolls = ['admin', 'centre', 'officer', 'teacher'];
const news = ['editor', 'section_head', 'leader'];
const contribute = ['officer', 'editor', 'section_head', 'leader'];
const only = { everyone, centre, enrolment, rolls, news, contribute, admin: ['admin'] };

export const may = (me, what) => only[what].includes(me.role);

export const ROLES = [
  ['centre', '教育中心'], ['officer', '社区专职'], ['teacher', '教师'], ['editor', '编辑'],
  ['section_head', '科长'], ['leader', '领导'], ['admin', '管理员'],
];

/** [group, [key, href, text, who]] in the order of the navigation: what is done each day first. */
const NAV = [
  ['', [['home', '#/', '首页', 'everyone']]],
  ['教学', [
    ['meetings', '#/meetings', '今日课次', 'rolls'],
    ['tray', '#/tray', '待处理', 'rolls'],
    ['counter', '#/counter', '窗口报名', 'enrolment'],
    ['classes', '#/classes', '班级', 'enrolment'],
    ['residents', '#/residents', '居民', 'enrolment'],
    ['timetable', '#/timetable', '课表', 'enrolment'],
  ]],
  ['年度工作', [
    ['projects', '#/projects', '重点项目', 'enrolment'],
    ['activities', '#/activities', '活动', 'enrolment'],
    ['teams', '#/teams', '志愿服务', 'rolls'],
    ['clubs', '#/clubs', '社团', 'enrolment'],
  ]],
  ['服务', [
    ['calls', '#/calls', '待电话提醒', 'enrolment'],
    ['care', '#/care', '回访', 'enrolment'],
    ['desk', '#/desk', '留言', 'enrolment'],
    ['checks', '#/checks', '内容检查', 'enrolment'],
  ]],
  ['宣传', [
    ['news', '#/news', '新闻', 'news'],
    ['ledger', '#/ledger', '投稿', 'contribute'],
  ]],
  ['统计', [
    ['figures', '#/figures', '学时人次', 'enrolment'],
    ['charts', '#/charts', '图表', 'enrolment'],
    ['months', '#/months', '月度台账', 'enrolment'],
    ['exports', '#/exports', '乐龄学堂', 'enrolment'],
  ]],
  ['资料', [
    ['terms', '#/terms', '学期', 'centre'],
    ['pledge', '#/pledge', '承诺书', 'centre'],
    ['courses', '#/courses', '课程', 'centre'],
    ['teachers', '#/teachers', '教师', 'centre'],
    ['sites', '#/sites', '学习点', 'centre'],
    ['communities', '#/communities', '社区', 'centre'],
    ['holidays', '#/holidays', '放假日', 'centre'],
  ]],
  ['系统', [
    ['wechat', '#/wechat', '微信', 'centre'],
    ['jobs', '#/jobs', '任务', 'centre'],
    ['logins', '#/logins', '账号', 'admin'],
  ]],
];

export function navigation(me) {
  return NAV
    .map(([group, items]) => [group, items.filter((item) => may(me, item[3]))])
    .filter(([, items]) => items.length);
}
