// What is kept on this phone: who was here, the signed days, and every tap and scan until the
// server has answered for it, and some days longer, to be seen.

const NAME = 'shangxue-roll';
/** What was answered for is shown so long. */
const SHOWN_MS = 2 * 86400_000;

let opened = null;
function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('facts');
      asked.result.createObjectStore('days', { keyPath: ['staff', 'day'] });
      asked.result.createObjectStore('events', { keyPath: 'scan_id' });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => { opened = null; reject(asked.error); };
  });
  return opened;
}

/** One transaction; its answer when it is on the disk. */
async function within(name, mode, work) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(name, mode, { durability: 'strict' });
    let answer;
    transaction.oncomplete = () => resolve(answer?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
    answer = work(transaction.objectStore(name));
  });
}

export const fact = (key) => within('facts', 'readonly', (store) => store.get(key));
export const keepFact = (key, value) => within('facts', 'readwrite', (store) => store.put(value, key));

export const days = () => within('days', 'readonly', (store) => store.getAll());
export const keepDay = (day) => within('days', 'readwrite', (store) => store.put(day));
/** Who keeps no roll any more has none. */
export const dropDays = (staff) => within('days', 'readwrite', (store) => store.delete(IDBKeyRange.bound([staff], [staff, []])));

export const events = () => within('events', 'readonly', (store) => store.getAll());
export const keepEvent = (event) => within('events', 'readwrite', (store) => store.add(event));

/** The server has answered for these. */
export const answered = (answers) => within('events', 'readwrite', (store) => {
  for (const [scan_id, answer] of answers) {
    const found = store.get(scan_id);
    found.onsuccess = () => { if (found.result) store.put({ ...found.result, answer }); };
  }
});

/** Lets go of what is old and was answered for, and of days that nothing waits for. */
export async function tidy(now) {
  const [all, kept] = await Promise.all([events(), days()]);
  const old = all.filter((one) => one.answer && now - Date.parse(one.device_at) > SHOWN_MS);
  await within('events', 'readwrite', (store) => { for (const one of old) store.delete(one.scan_id); });
  const needed = new Set(all.filter((one) => !old.includes(one)).map((one) => `${one.staff} ${one.day}`));
  const gone = kept.filter((day) => now - day.kept_at > SHOWN_MS && !needed.has(`${day.staff} ${day.day}`));
  await within('days', 'readwrite', (store) => { for (const day of gone) store.delete([day.staff, day.day]); });
}
