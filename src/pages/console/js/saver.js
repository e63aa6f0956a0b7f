// When to save: by the button, and by itself a few seconds after a change.
// One save at a time; what is typed meanwhile is saved after it.

import { isGone } from './api.js';

const QUIET_MS = 3000;
const RETRY_MS = 15_000;

/** `send(text)` saves; `state(kind, error)` hears dirty, saving, saved, failed. */
export function saver({ read, auto, empty, send, state }) {
  let saved = JSON.stringify(read());
  let timer = 0;
  let running = null;
  let stopped = false;
  let blocked = false;
  const dirty = () => JSON.stringify(read()) !== saved;

  function changed() {
    if (stopped || !dirty()) return;
    state('dirty');
    plan(QUIET_MS);
  }

  function plan(delay) {
    clearTimeout(timer);
    if (auto() && !blocked && !stopped) timer = setTimeout(() => { save(); }, delay);
  }

  /** Resolves to whether everything that was typed is saved. */
  async function save() {
    clearTimeout(timer);
    if (running) await running;
    const text = read();
    if (empty(text)) return false;
    if (!dirty()) {
      state('saved');
      return true;
    }
    const before = JSON.stringify(text);
    state('saving');
    running = send(text).then(() => {
      saved = before;
      blocked = false;
      state(dirty() ? 'dirty' : 'saved');
      if (dirty()) plan(QUIET_MS);
      return true;
    }, (error) => {
      if (isGone(error)) return false;
      // A lost line is tried again by itself; what was refused waits for the person.
      blocked = error.status > 0 && error.status < 500;
      state('failed', error);
      plan(RETRY_MS);
      return false;
    }).finally(() => { running = null; });
    return running;
  }

  return {
    changed,
    now: () => { blocked = false; return save(); },
    isDirty: dirty,
    isAuto: auto,
    /** What stands in the fields is what the server has. */
    clean() { clearTimeout(timer); saved = JSON.stringify(read()); blocked = false; state('saved'); },
    stop() { stopped = true; clearTimeout(timer); },
  };
}
