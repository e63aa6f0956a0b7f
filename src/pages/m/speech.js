// Reads the page aloud with the phone's own voice.

const voice = window.speechSynthesis;
export const canSpeak = Boolean(voice && window.SpeechSynthesisUtterance);

let speaking = 0;
let tell = () => {};

/** `changed(isSpeaking, problem)` keeps the button's words true. */
export function onSpeech(changed) {
  tell = changed;
}

export const isSpeaking = () => speaking > 0;

/** Engines give up on long texts, so they get a sentence at a time. */
function sentences(text) {
  const parts = text.match(/[^。！？；\n]+[。！？；]?/g) || [];
  return parts.map((part) => part.trim()).filter(Boolean);
}

export function stop() {
  if (!speaking) return;
  speaking = 0;
  voice.cancel();
  tell(false);
}

export function speak(text) {
  stop();
  const parts = sentences(text);
  if (!parts.length) return;
  const run = Date.now();
  speaking = run;
  tell(true);
  let begun = false;
  const chinese = voice.getVoices().find((one) => /^(zh|cmn)/i.test(one.lang));
  const next = () => {
    if (speaking !== run) return;
    const part = parts.shift();
    if (!part) {
      stop();
      return;
    }
    const words = new SpeechSynthesisUtterance(part);
    words.lang = 'zh-CN';
    words.rate = 0.9;
    if (chinese) words.voice = chinese;
    words.onstart = () => { begun = true; };
    words.onend = next;
    words.onerror = () => { if (speaking === run) give(); };
    voice.speak(words);
  };
  const give = () => {
    stop();
    if (!begun) tell(false, '这部手机没有中文语音，不能朗读。');
  };
  setTimeout(() => { if (speaking === run && !begun) give(); }, 5000);
  next();
}
