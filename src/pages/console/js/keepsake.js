// A copy of unsaved text in this browser, for a closed tab or a dead battery.
// Gone as soon as the server has the text.

const MAX_AGE_MS = 14 * 86400_000;

export function keepsake(staff, article) {
  let key = `shangxue.article.${staff}.${article}`;
  const quietly = (work) => { try { return work(); } catch { return null; } };
  return {
    put: (text) => quietly(() => localStorage.setItem(key, JSON.stringify({ at: Date.now(), text }))),
    drop: () => quietly(() => localStorage.removeItem(key)),
    get: () => quietly(() => {
      const kept = JSON.parse(localStorage.getItem(key));
      return kept && Date.now() - kept.at < MAX_AGE_MS && typeof kept.text === 'object' ? kept : null;
    }),
    /** The article has got its number. */
    move(id) { this.drop(); key = `shangxue.article.${staff}.${id}`; },
  };
}
