// What of the chat and the notices a person has looked at, in this tab.

const key = (user, what) => `seen:${user}:${what}`;

export function unread(me, what) {
  const last = Number(sessionStorage.getItem(key(me.id, what))) || 0;
  const lines = what === "chat" ? me.chat.filter((line) => line.sender === "account") : me[what];
  return lines.filter((line) => line.id > last).length;
}

export function markSeen(me, what) {
  const lines = me[what];
  const last = lines.at(-1)?.id ?? 0;
  if (last > 0) sessionStorage.setItem(key(me.id, what), String(last));
}
