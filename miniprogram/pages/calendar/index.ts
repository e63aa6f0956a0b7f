// A class's meetings into the phone's own calendar. The resident page names the class alone;
// what is written comes from the service.

import { wordsOf } from '../../lib/again';
import { runs, type Meeting, type Run } from '../../lib/calendar';
import { get } from '../../lib/service';
import { textStyle } from '../../lib/scale';
import { home } from '../../lib/way';
import type { Query } from '../../lib/address';

interface ClassFacts {
  name: string;
  teacher_name: string;
  meetings: Meeting[];
}

const HOUR_S = 3600;

Page({
  data: { name: '', runs: [] as (Run & { added?: boolean })[], words: '', trouble: '', denied: false, style: textStyle() },
  id: '',
  teacher: '',

  onLoad({ class: id = '' }: Query) {
    if (!/^\d{1,18}$/.test(id)) return home();
    this.id = id;
    void this.load();
  },

  async load() {
    this.setData({ trouble: '' });
    try {
      const one = await get<ClassFacts>(`/classes/${this.id}`);
      this.teacher = one.teacher_name;
      this.setData({ name: one.name, runs: runs(one.meetings, Date.now() / 1000) });
    } catch (error) {
      this.setData({ trouble: wordsOf(error) });
    }
  },

  add({ currentTarget }: WechatMiniprogram.TouchEvent<object, object, { at: number }>) {
    const at = Number(currentTarget.dataset.at);
    const run = this.data.runs[at];
    if (!run) return;
    const entry = {
      title: `上课：${this.data.name}`,
      startTime: run.starts,
      endTime: String(run.ends),
      location: run.place,
      description: `老师：${this.teacher}`,
      alarmOffset: HOUR_S,
      success: () => this.setData({ [`runs[${at}].added`]: true, words: '', denied: false }),
      fail: ({ errMsg }: { errMsg: string }) => this.refused(errMsg),
    };
    if (run.count === 1) wx.addPhoneCalendar(entry);
    else wx.addPhoneRepeatCalendar({ ...entry, repeatInterval: 'week', repeatEndTime: run.until });
  },

  refused(why: string) {
    if (/privacy/.test(why)) this.setData({ words: '您没有同意隐私说明，没有加到日历。' });
    else if (/auth|permission/.test(why)) this.setData({ words: '微信不能用手机日历。点下面的按钮打开。', denied: true });
    else if (!/cancel/.test(why)) this.setData({ words: '没有加上。请再试一次。' });
  },

  settings() {
    wx.openSetting({ success: () => this.setData({ words: '', denied: false }) });
  },

  leave: home,
});
