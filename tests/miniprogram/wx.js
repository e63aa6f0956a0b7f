// `wx`: what it knows, and with which options. Where to go is runtime.js's; what needs a phone
// is asked of phone.js, over `__phone`.

/** Needs the person's word on the privacy text first. */
const PRIVATE = ["addPhoneCalendar", "addPhoneRepeatCalendar", "getPhoneNumber"];
const CALENDAR = ["title", "startTime", "endTime", "location", "description", "alarm", "alarmOffset", "allDay"];
/** Which options each function knows, beside success, fail and complete. */
const KNOWN = {
  request: ["url", "method", "data", "header", "timeout"], login: ["timeout"], scanCode: ["onlyFromCamera", "scanType"],
  requestSubscribeMessage: ["tmplIds"], getSetting: ["withSubscriptions"], openSetting: ["withSubscriptions"],
  makePhoneCall: ["phoneNumber"], openPrivacyContract: [], showToast: ["title", "icon", "duration"],
  addPhoneCalendar: CALENDAR, addPhoneRepeatCalendar: [...CALENDAR, "repeatInterval", "repeatEndTime"],
  setStorage: ["key", "data"], navigateTo: ["url"], redirectTo: ["url"], reLaunch: ["url"], navigateBack: ["delta"],
};

/** A tap is being handled: WeChat asks for consent at no other time. */
let tapping = false;
export function whileTapping(work) {
  tapping = true;
  work();
  tapping = false;
}

export const complain = (words) => { window.__phone("complain", { words }); };

/** Ends a call as WeChat does: success or fail, then complete, later than the call. */
function finish(options, how) {
  const result = how.ok ?? how.fail;
  if (how.ok) options.success?.(result);
  else options.fail?.(result);
  options.complete?.(result);
}

const known = (name, options) => {
  for (const key of Object.keys(options)) {
    if (!["success", "fail", "complete", ...KNOWN[name]].includes(key)) complain(`wx.${name}: ${key}`);
  }
};

let askWord = null;
/** The button that was tapped last to agree. */
let agreedBy = null;
export const agree = (id) => { agreedBy = id; };

/** Holds back what needs the person's word; gives whether it may go on. */
export async function mayUse(name) {
  if (!PRIVATE.includes(name) || await window.__phone("agreed", {})) return true;
  if (!askWord) return false;
  return new Promise((resolve) => {
    askWord(({ event, buttonId }) => {
      if (event === "exposureAuthorization") return;
      if (event === "agree" && buttonId !== agreedBy) complain(`agreed by ${buttonId}, which was not tapped`);
      const agrees = event === "agree" && buttonId === agreedBy;
      if (agrees) window.__phone("agree", {});
      resolve(agrees);
    }, { referrer: name });
  });
}

export const refusedWord = (name) => ({ fail: { errno: 104, errMsg: `${name}:fail privacy permission is not authorized` } });

function ofThePhone(name) {
  return (options = {}) => {
    known(name, options);
    if (name === "requestSubscribeMessage" && !tapping) {
      const fail = { errCode: 20001, errMsg: "requestSubscribeMessage:fail can only be invoked by user TAP gesture." };
      complain(fail.errMsg);
      setTimeout(() => finish(options, { fail }));
      return;
    }
    const { success, fail, complete, ...asked } = options;
    mayUse(name)
      .then((may) => (may ? window.__phone(name, asked) : refusedWord(name)))
      .then((how) => finish(options, how));
  };
}

export const done = { ok: { errMsg: "ok" } };

function going(name, by) {
  return (options = {}) => {
    known(name, options);
    const how = by(options);
    setTimeout(() => finish(options, how));
  };
}

const storage = {
  setStorage: going("setStorage", ({ key, data }) => {
    localStorage.setItem(`wx.${key}`, JSON.stringify(data));
    return done;
  }),
  getStorageSync(key) {
    const kept = localStorage.getItem(`wx.${key}`);
    return kept === null ? "" : JSON.parse(kept);
  },
};

/** `navigation`: what each way of going does. */
export function makeWx(navigation) {
  const inPage = [...Object.keys(navigation), "setStorage"];
  const wx = {
    ...storage,
    ...Object.fromEntries(Object.keys(navigation).map((name) => [name, going(name, navigation[name])])),
    ...Object.fromEntries(Object.keys(KNOWN).filter((name) => !inPage.includes(name)).map((name) => [name, ofThePhone(name)])),
    canIUse: (name) => name in wx,
    getAppBaseInfo: () => ({ SDKVersion: "3.7.12", fontSizeScaleFactor: Number(new URLSearchParams(location.search).get("scale")) }),
    onNeedPrivacyAuthorization(listener) { askWord = listener; },
  };
  return new Proxy(wx, { get(all, name) {
    if (!(name in all) && typeof name === "string") complain(`wx.${name} is not known here`);
    return all[name];
  } });
}
