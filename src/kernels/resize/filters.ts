/** Filters of a resize, by Pillow's names. `nearest` takes one pixel; the others weigh those around it. */
export type Filter = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos';

/** Filters in the order of Pillow's numbers, by which transformers names them. */
export const pillowFilters: readonly Filter[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];

/** Filters that weigh pixels. */
export type WeighingFilter = Exclude<Filter, 'nearest'>;

/** Weights of a filter. */
interface FilterKernel {
  /** Distance beyond which its weights are 0, in pixels of the smaller image. */
  readonly reach: number;
  readonly weightAt: (distance: number) => number;
}

/** sin(πx) / πx */
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Keys' cubic convolution kernel with a = -0.5; zero beyond 2 (Keys 1981). */
const cubic = (distance: number): number => {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
};

/** Kernels of the filters (Pillow's Resample.c). */
export const kernels: Readonly<Record<WeighingFilter, FilterKernel>> = {
  box: { reach: 0.5, weightAt: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { reach: 1, weightAt: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { reach: 1, weightAt: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0) },
  bicubic: { reach: 2, weightAt: cubic },
  lanczos: { reach: 3, weightAt: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};
