/** Numbers and dates as people read them. */

/** 10000 → `10,000` */
export const grouped = (count: number): string => count.toLocaleString('en-US');

/** 1 → `1 picture`, 2 → `2 pictures` */
export const counted = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;

/** 0.973 → `97 %`; what is not quite sure is never called 100 %, nor what is not quite impossible 0 %. */
export const percent = (probability: number): string => {
  if (probability >= 0.995 && probability < 1) return '> 99 %';
  if (probability < 0.005 && probability > 0) return '< 1 %';
  return `${Math.round(100 * probability)} %`;
};

/** 3.2 → `3 ms`, 1234 → `1.2 s`, 138 000 → `2 min 18 s`, 7 800 000 → `2 h 10 min` */
export const duration = (milliseconds: number): string => {
  if (milliseconds < 1) return '< 1 ms';
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.5) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return parts(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(seconds / 60);
  return parts(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
};

const parts = (large: number, ofLarge: string, small: number, ofSmall: string): string =>
  small === 0 ? `${large} ${ofLarge}` : `${large} ${ofLarge} ${small} ${ofSmall}`;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `2024-07-14T18:30:00` → `14 Jul 2024, 18:30`: clock time, in whatever zone it was taken. */
export const clockDate = (date: string): string => {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?/.exec(date) ?? [];
  if (year === undefined) return date;
  return `${Number(day)} ${months[Number(month) - 1]} ${year}${time === undefined ? '' : `, ${time}`}`;
};

/** `2024/beach/7.jpg` → `7.jpg` */
export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
