// Days and hours are those of Shanghai (UTC+8 all year), whatever the computer is set to.

const SHIFT_MS = 8 * 3600_000;
const WEEKDAYS = ['', '周一', '周二', '周三', '周四', '周五', '周六', '周日'];

const shifted = (instant) => new Date(new Date(instant).getTime() + SHIFT_MS);
const two = (number) => String(number).padStart(2, '0');

/** `2026-11-24` in Shanghai. */
export const day = (instant = Date.now()) => shifted(instant).toISOString().slice(0, 10);

/** `2026-11-24T09:00`, for a datetime-local input. */
export const toInput = (instant) => shifted(instant).toISOString().slice(0, 16);

/** What a datetime-local input holds, as an instant. */
export const fromInput = (text) => new Date(`${text}:00+08:00`).toISOString();

/** `11月24日（周二）`; with the year when it is not this one. */
export function dayText(isoDay) {
  const at = new Date(`${isoDay}T00:00:00Z`);
  const year = isoDay.slice(0, 4) === day().slice(0, 4) ? '' : `${at.getUTCFullYear()}年`;
  return `${year}${at.getUTCMonth() + 1}月${at.getUTCDate()}日（${WEEKDAYS[at.getUTCDay() || 7]}）`;
}

/** `9:05` */
export function clockText(instant) {
  const at = shifted(instant);
  return `${at.getUTCHours()}:${two(at.getUTCMinutes())}`;
}

/** `11月24日（周二）9:05` */
export const spoken = (instant) => `${dayText(day(instant))}${clockText(instant)}`;

export function addDays(isoDay, days) {
  return new Date(Date.parse(`${isoDay}T00:00:00Z`) + days * 86400_000).toISOString().slice(0, 10);
}

/** `09:30` in a time input, as minutes after midnight. */
export function inputToMinute(text) {
  const [hour, minute] = text.split(':').map(Number);
  return hour * 60 + minute;
}

export const weekday = (iso) => WEEKDAYS[iso] ?? '';

/** 学时 from hundredths: `2`, `1.33`. */
export const hours = (hundredths) => String(hundredths / 100);
