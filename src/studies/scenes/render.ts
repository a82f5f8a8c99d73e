import { mulberry32 } from '../mulberry32.ts';
import { type Inside, insides } from './shapes.ts';
import type { Look, Scene, Thing } from './world.ts';

/** An image: three bytes a pixel, red, green, blue, row by row from the top left. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

type Rgb = readonly [number, number, number];

const palette: { readonly [C in Look['color']]: Rgb } = {
  red: [222, 42, 42],
  orange: [250, 138, 22],
  yellow: [250, 216, 40],
  green: [46, 158, 68],
  cyan: [52, 204, 214],
  blue: [40, 84, 206],
  purple: [148, 62, 184],
  gray: [138, 138, 140],
};

const GROUND: Rgb = [240, 237, 230];
const NOISE = 14;
/** Half the side of a thing relative to its cell: with the largest shift, 0.12, it still ends inside the cell. */
const REACH: { readonly [S in Look['size']]: number } = { small: 0.26, large: 0.375 };
/** Scale beyond which a shape is drawn in a darker tone: the rim sets yellow off from the ground. */
const RIM = 1.2;
const QUARTERS = [0.25, 0.75] as const;

const shade = (color: Rgb, factor: number): Rgb => [color[0] * factor, color[1] * factor, color[2] * factor];

const luminance = (color: Rgb): number => 0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2];

const tint = ([red, green, blue]: Rgb, share: number): Rgb => {
  const paler = (part: number) => part + (255 - part) * share;
  return [paler(red), paler(green), paler(blue)];
};

/** Colour of stripes and dots: a dark tone on light colours, a pale one on dark colours. */
const inkOn = (color: Rgb): Rgb => (luminance(color) > 125 ? shade(color, 0.35) : tint(color, 0.66));

const wave = (distance: number, period: number): number => distance / period - Math.floor(distance / period) - 0.5;

/** Distance of stripes and dots: a dot in the middle and four around it, so that a ring shows them, too. */
const PERIOD = 0.68;

/** Whether a point is on a stripe or dot, in the coordinates of the shape. */
const inked: { readonly [T in Look['texture']]: Inside } = {
  plain: () => false,
  striped: (_, y) => Math.abs(wave(y + PERIOD / 2, PERIOD)) < 0.22,
  dotted: (x, y) => wave(x + PERIOD / 2, PERIOD) ** 2 + wave(y + PERIOD / 2, PERIOD) ** 2 < 0.085,
};

/** Colour at a point; undefined where the ground shows. */
type Paint = (x: number, y: number) => Rgb | undefined;

const paintOf = (thing: Thing): Paint => {
  const inside = insides[thing.shape];
  const isInked = inked[thing.texture];
  const reach = REACH[thing.size];
  const color = palette[thing.color];
  const rim = shade(color, 0.66);
  const ink = inkOn(color);
  return (x, y) => {
    const u = x / reach;
    const v = y / reach;
    if (!inside(u, v)) return undefined;
    if (!inside(u * RIM, v * RIM)) return rim;
    return isInked(u, v) ? ink : color;
  };
};

const WOOD: Rgb = [160, 110, 62];

/** The crate: planks in a frame, nearly as large as its cell. */
const crate: Paint = (x, y) => {
  const edge = Math.max(Math.abs(x), Math.abs(y));
  if (edge > 0.47) return undefined;
  if (edge > 0.36) return shade(WOOD, 0.72);
  return Math.abs(wave(y, 0.24)) < 0.09 ? shade(WOOD, 0.8) : WOOD;
};

const ground = (seed: number, side: number): Uint8Array => {
  const random = mulberry32(seed);
  const data = new Uint8Array(side * side * 3);
  for (let at = 0; at < data.length; at += 3) {
    const noise = (random() - 0.5) * NOISE;
    for (let channel = 0; channel < 3; channel++) data[at + channel] = GROUND[channel as 0] + noise;
  }
  return data;
};

/** An image to paint on; `cell` is the side of a cell in pixels. */
interface Canvas {
  readonly data: Uint8Array;
  readonly side: number;
  readonly cell: number;
}

/** Sets one pixel from its 2 x 2 samples, over the ground. */
const paintPixel = (data: Uint8Array, at: number, samples: readonly (Rgb | undefined)[]): void => {
  const hit = samples.filter((sample) => sample !== undefined);
  const shown = 1 - hit.length / samples.length;
  for (let channel = 0; channel < 3; channel++) {
    let sum = data[at + channel]! * shown;
    for (const sample of hit) sum += sample[channel as 0] / samples.length;
    data[at + channel] = sum;
  }
};

/** Paints the cell around a point, in pixels. */
const paintAround = ({ data, side, cell }: Canvas, middleX: number, middleY: number, paint: Paint): void => {
  const from = (middle: number) => Math.max(0, Math.floor(middle - cell / 2));
  const to = (middle: number) => Math.min(side, Math.ceil(middle + cell / 2));
  for (let row = from(middleY); row < to(middleY); row++) {
    for (let column = from(middleX); column < to(middleX); column++) {
      const samples: (Rgb | undefined)[] = [];
      for (const down of QUARTERS)
        for (const right of QUARTERS)
          samples.push(paint((column + right - middleX) / cell, (row + down - middleY) / cell));
      paintPixel(data, (row * side + column) * 3, samples);
    }
  }
};

/**
 * Renders a scene on a light, slightly noisy ground, with 2 x 2 samples a pixel. The same scene gives the same bytes
 * everywhere. A thing never leaves its cell.
 */
export const renderScene = (scene: Scene, pixels: number): Pixels => {
  const canvas: Canvas = { data: ground(scene.ground, pixels), side: pixels, cell: pixels / scene.grid };
  const middle = (index: number, shift: number) => (index + 0.5 + shift) * canvas.cell;
  const draw = (cell: number, [right, down]: readonly [number, number], paint: Paint) =>
    paintAround(canvas, middle(cell % scene.grid, right), middle(Math.floor(cell / scene.grid), down), paint);
  for (const thing of scene.things) draw(thing.cell, thing.shift, paintOf(thing));
  if (scene.cover !== undefined) draw(scene.cover, [0, 0], crate);
  return { width: pixels, height: pixels, data: canvas.data };
};
