const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** 0.8734 as `87.3`, without the sign. */
export const percent = (share: number): string => (100 * share).toFixed(1);

/** 12345 as `12,345`. */
export const count = (number: number): string => grouped.format(number);

/** Three significant digits: `0.0123`, `4.56`, `789`. */
export const figures = (number: number): string => short.format(number);

/** `12.3 s`, `4 min 5 s`, `1 h 2 min`. */
export const duration = (seconds: number): string => {
  if (seconds < 60) return `${figures(seconds)}\u00a0s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}\u00a0min ${whole % 60}\u00a0s`
    : `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
};

/** `0.0123 ms`, `12.3 ms`. */
export const milliseconds = (number: number): string => `${figures(number)}\u00a0ms`;

/** Bytes in binary units: `12.3 KiB`. */
export const bytes = (number: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, number < 1 ? 0 : Math.floor(Math.log2(number) / 10));
  return `${figures(number / 2 ** (10 * power))}\u00a0${units[power]}`;
};
