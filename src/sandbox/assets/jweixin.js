// A stand-in for WeChat's JS-SDK (jweixin): what that asks of WeChat, this asks of the
// sandbox phone around the page. Outside the phone nothing answers, as outside WeChat.

(() => {
  const phone = new URL(document.currentScript.src).origin;
  const whenDone = [];
  let whenFailed = null;
  /** 0: not yet, 1: done, -1: refused. */
  let state = 0;
  let last = null;
  let allowed = [];
  let number = 0;

  function ask(type, values) {
    number += 1;
    const id = `jweixin-${number}`;
    return new Promise((resolve) => {
      const hear = ({ source, origin, data }) => {
        if (source !== window.parent || origin !== phone || data?.id !== id) return;
        removeEventListener("message", hear);
        resolve(data);
      };
      addEventListener("message", hear);
      window.parent.postMessage({ type, id, ...values }, phone);
    });
  }

  function tell(options, answer) {
    const how = answer.errMsg.split(":")[1];
    if (how === "ok") options.success?.(answer);
    else if (how === "cancel") options.cancel?.(answer);
    else options.fail?.(answer);
    options.complete?.(answer);
  }

  async function config({ appId, timestamp, nonceStr, signature, jsApiList }) {
    const [url] = location.href.split("#");
    last = await ask("sandbox:js-config", { asked: { appId, timestamp, nonceStr, signature, url } });
    const good = last.errMsg === "config:ok";
    state = good ? 1 : -1;
    allowed = good ? jsApiList ?? [] : [];
    if (!good) whenFailed?.(last);
    // The real one calls these in either case.
    for (const done of whenDone.splice(0)) done();
  }

  async function scanQRCode({ needResult = 0, scanType = ["qrCode", "barCode"], ...options } = {}) {
    if (!allowed.includes("scanQRCode")) {
      tell(options, { errMsg: "scanQRCode:fail, the permission value is offline verifying" });
      return;
    }
    const { link } = scanType.includes("qrCode") ? await ask("sandbox:js-scan", { opens: needResult === 0 }) : {};
    if (typeof link === "string") tell(options, { errMsg: "scanQRCode:ok", resultStr: needResult === 1 ? link : "" });
    else tell(options, { errMsg: "scanQRCode:cancel" });
  }

  function checkJsApi({ jsApiList = [], ...options }) {
    const known = ["checkJsApi", "scanQRCode"];
    tell(options, { errMsg: "checkJsApi:ok", checkResult: Object.fromEntries(jsApiList.map((name) => [name, known.includes(name)])) });
  }

  window.wx = window.jWeixin = {
    config,
    ready(done) {
      if (state === 0) whenDone.push(done);
      else done();
    },
    error(failed) {
      if (state === -1) failed(last);
      else whenFailed = failed;
    },
    checkJsApi,
    scanQRCode,
  };
})();
