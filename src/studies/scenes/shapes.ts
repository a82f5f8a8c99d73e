import type { Look } from './world.ts';

/** Whether a point is inside a shape; the shape fills the square from -1 to 1, with x to the right and y down. */
export type Inside = (x: number, y: number) => boolean;

const circle: Inside = (x, y) => x * x + y * y <= 1;

const square: Inside = (x, y) => Math.abs(x) <= 0.88 && Math.abs(y) <= 0.88;

const triangle: Inside = (x, y) => y <= 0.86 && Math.abs(x) <= (y + 1) / 1.86;

const diamond: Inside = (x, y) => Math.abs(x) / 0.82 + Math.abs(y) <= 1;

const cross: Inside = (x, y) => {
  const wide = Math.abs(x);
  const tall = Math.abs(y);
  return Math.max(wide, tall) <= 0.96 && Math.min(wide, tall) <= 0.34;
};

const TENTH = Math.PI / 5;
const VALLEY = 0.46;
const VALLEY_X = VALLEY * Math.sin(TENTH);
const VALLEY_Y = VALLEY * Math.cos(TENTH);

/** A star of five points: the plane is folded onto a tenth of it, where one straight edge is left to test. */
const star: Inside = (x, y) => {
  const down = y - 0.06;
  const radius = Math.hypot(x, down);
  if (radius > 1.06) return false;
  const turn = Math.abs(Math.atan2(x, -down));
  const folded = turn % (2 * TENTH);
  const angle = folded > TENTH ? 2 * TENTH - folded : folded;
  const along = (radius / 1.06) * Math.cos(angle);
  const aside = (radius / 1.06) * Math.sin(angle);
  return (along - 1) * VALLEY_X <= aside * (VALLEY_Y - 1);
};

const ring: Inside = (x, y) => {
  const square = x * x + y * y;
  return square <= 1 && square >= 0.27;
};

/** The sextic heart (x² + y² - 1)³ = x² y³, moved to fill the square. */
const heart: Inside = (x, y) => {
  const across = x * 1.14;
  const up = -y * 1.1 + 0.1;
  const bulge = across * across + up * up - 1;
  return bulge * bulge * bulge <= across * across * up * up * up;
};

/** The area of every shape. */
export const insides: { readonly [S in Look['shape']]: Inside } = {
  circle,
  square,
  triangle,
  diamond,
  cross,
  star,
  ring,
  heart,
};
