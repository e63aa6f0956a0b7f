// Consent to messages: the resident page leads here, for WeChat asks only at a tap in the
// mini-program. Whatever the answer, the person is back where they were and goes on.

import { asked, outcomeOf, outcomeOfFailure, standing, type Outcome, type Standing } from '../../lib/consents';
import { decoded, type Query } from '../../lib/address';
import { textStyle } from '../../lib/scale';
import { home } from '../../lib/way';

Page({
  data: { state: 'ask' as Standing | 'banned', words: '', busy: false, style: textStyle() },
  ids: [] as string[],

  onLoad({ template_ids: list = '' }: Query) {
    this.ids = asked(decoded(list));
    if (!this.ids.length) home();
  },

  onShow() {
    this.look();
  },

  /** What WeChat's settings say now. */
  look() {
    wx.getSetting({
      withSubscriptions: true,
      success: ({ subscriptionsSetting = {} }) => {
        const state = standing(subscriptionsSetting as { mainSwitch?: boolean; itemSettings?: Record<string, string> }, this.ids);
        if (this.data.state !== 'banned') this.setData({ state, words: '' });
      },
    });
  },

  /** Asks at once: after anything awaited, WeChat would no longer take it for a tap. */
  agree() {
    if (this.data.busy) return;
    this.setData({ busy: true });
    wx.requestSubscribeMessage({
      tmplIds: this.ids,
      success: (answer) => this.settle(outcomeOf(answer, this.ids)),
      fail: (error) => this.settle(outcomeOfFailure(error as { errCode?: number })),
      complete: () => this.setData({ busy: false }),
    });
  },

  settle(outcome: Outcome) {
    // A no is an answer: nobody is asked twice.
    if (outcome === 'accepted' || outcome === 'refused') home();
    else if (outcome === 'off') this.setData({ state: 'off', words: '' });
    else if (outcome === 'banned') this.setData({ state: 'banned', words: '这种通知现在发不了。' });
    else this.setData({ words: '没有办成。请再点一次。' });
  },

  settings() {
    wx.openSetting({ withSubscriptions: true, complete: () => this.look() });
  },

  leave: home,
});
