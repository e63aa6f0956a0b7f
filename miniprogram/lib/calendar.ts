// A class's meetings as entries for the phone's calendar.
//
// The phone repeats an entry week by week and knows no exception, so the meetings are cut
// into runs that have none: where a week is missing, or time or place change, a new run begins.

/** A meeting, as the service tells it. */
export interface Meeting {
  starts_at: string;
  ends_at: string;
  status: string;
  site_name: string;
  room: string;
}

/** Meetings a week apart, at one time of the day and one place. Times in seconds. */
export interface Run {
  starts: number;
  ends: number;
  /** When the last one ends. */
  until: number;
  count: number;
  place: string;
  /** As in “9月8日（周二）9:00 起，每周一次，共 4 次”. */
  words: string;
}

const WEEK_S = 7 * 86400;
const SHANGHAI_S = 8 * 3600;
const DAYS = '日一二三四五六';

/** What is still to come and not cancelled. */
export function runs(meetings: Meeting[], now: number): Run[] {
  const found: Run[] = [];
  const coming = meetings.filter((one) => one.status !== 'cancelled').map(entry).filter((one) => one.starts > now);
  for (const one of coming.sort((a, b) => a.starts - b.starts)) {
    const last = found.find((run) => follows(run, one));
    if (last) {
      last.until = one.ends;
      last.count += 1;
    } else found.push({ ...one, until: one.ends, count: 1, words: '' });
  }
  for (const run of found) run.words = described(run);
  return found;
}

type Entry = Pick<Run, 'starts' | 'ends' | 'place'>;

function entry(one: Meeting): Entry {
  return { starts: seconds(one.starts_at), ends: seconds(one.ends_at), place: `${one.site_name} ${one.room}`.trim() };
}

const seconds = (time: string): number => Math.floor(Date.parse(time) / 1000);

function follows(run: Run, one: Entry): boolean {
  const length = run.ends - run.starts;
  return one.place === run.place && one.ends - one.starts === length && one.starts === run.starts + run.count * WEEK_S;
}

function described({ starts, count }: Run): string {
  return count === 1 ? `${moment(starts)}，一次课` : `${moment(starts)} 起，每周一次，共 ${count} 次`;
}

/** In Shanghai's own time, whatever the phone is set to. */
export function moment(at: number): string {
  const local = new Date((at + SHANGHAI_S) * 1000);
  const minute = String(local.getUTCMinutes()).padStart(2, '0');
  return `${local.getUTCMonth() + 1}月${local.getUTCDate()}日（周${DAYS[local.getUTCDay()]}）${local.getUTCHours()}:${minute}`;
}
