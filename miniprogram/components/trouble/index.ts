// What went wrong, in one sentence; what can be done; and whom to call.

import { knownCentre } from '../../lib/centre';

Component({
  properties: {
    words: String,
    /** Whether trying again may help. */
    can: { type: Boolean, value: true },
  },
  data: { name: '', phone: '', hours: '' },
  lifetimes: {
    attached() {
      const { centre_name: name, phone, hours } = knownCentre();
      this.setData({ name, phone, hours });
    },
  },
  methods: {
    again() {
      this.triggerEvent('again');
    },
    ring() {
      // Who decides not to call has done nothing wrong.
      wx.makePhoneCall({ phoneNumber: this.data.phone.replace(/[^\d+]/g, ''), fail: () => undefined });
    },
  },
});
