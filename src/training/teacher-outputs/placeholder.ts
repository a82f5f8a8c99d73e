import { encode, writeHalves } from '../../checkpoints/formats/dtypes.ts';
import type { Feeds } from '../../data/batch.ts';
import { countOf, type Numbers } from '../../engine/numbers.ts';
import type { Shape } from '../../engine/shapes.ts';
import { ancestors, input, type Tensor } from '../../engine/tensor.ts';
import type { Stream, Streams } from '../../model/outputs.ts';

/** Prefix of the inputs that are fed in place of a teacher's tensors. */
const KEPT = 'kept_teacher.';

type Replace = (name: string, made: Tensor) => Tensor;

const streamBy = ({ mask, embedded, layers, last, first }: Stream, name: string, by: Replace): Stream => ({
  mask,
  embedded: by(`${name}.embedded`, embedded),
  layers: layers.map(({ query, key, hidden }, i) => ({
    query: by(`${name}.${i}.query`, query),
    key: by(`${name}.${i}.key`, key),
    hidden: by(`${name}.${i}.hidden`, hidden),
  })),
  last: by(`${name}.last`, last),
  first: by(`${name}.first`, first),
});

/** Outputs of a teacher for a batch; logits where it answers. */
export interface TeacherOutputs {
  readonly encoded: readonly (Streams & { readonly pair?: Tensor | undefined })[];
  readonly logits?: Tensor | undefined;
}

/** Outputs of a teacher with every tensor replaced, except the masks, which are those of the batch. */
const replaced = <M extends TeacherOutputs>(made: M, by: Replace): M => ({
  ...made,
  encoded: made.encoded.map(({ text, image, pair }, i) => ({
    text: streamBy(text, `${KEPT}${i}.text`, by),
    image: streamBy(image, `${KEPT}${i}.image`, by),
    pair: pair && by(`${KEPT}${i}.pair`, pair),
  })),
  ...(made.logits && { logits: by(`${KEPT}logits`, made.logits) }),
});

/** Outputs of a teacher that computes nothing: each tensor is an input of the same shape, to be fed. */
export const teacherPlaceholder = <M extends TeacherOutputs>(made: M): M =>
  replaced(made, (name, { shape }) => input(name, shape));

/**
 * Tensors of a teacher that some losses depend on, found by tracing the losses over a placeholder of it.
 *
 * @returns the teacher's own tensors, by the names of the placeholder's inputs.
 */
export const tensorsUsedBy = <M extends TeacherOutputs>(
  made: M,
  losses: (kept: M) => readonly Tensor[],
): Map<string, Tensor> => {
  const names = new Set(
    ancestors(losses(teacherPlaceholder(made))).flatMap(({ made: how }) => ('name' in how ? [how.name] : [])),
  );
  const found = new Map<string, Tensor>();
  replaced(made, (name, whole) => {
    if (names.has(name)) found.set(name, whole);
    return whole;
  });
  return found;
};

/** Whether a loss depends on any tensor of a placeholder. */
export const dependsOnPlaceholder = (loss: Tensor): boolean =>
  ancestors([loss]).some(({ made }) => 'name' in made && made.name.startsWith(KEPT));

/** Layout of one tensor in an example's record: [before, rows, after] float16 numbers. */
export interface Place {
  readonly name: string;
  /** Shape of the tensor for a batch. */
  readonly shape: Shape;
  readonly before: number;
  readonly after: number;
  /** Input whose second size is the number of tokens of a batch; absent where there are no tokens, but one row. */
  readonly tokens?: string | undefined;
}

/** Layouts of all tensors of a record, in their order. @throws Error for a shape that is not [batch, …, tokens, …]. */
export const placesOf = (wanted: ReadonlyMap<string, Tensor>): Place[] =>
  [...wanted].map(([name, { shape }]) => {
    const axis = shape.findIndex((size, i) => i > 0 && typeof size === 'string');
    const around = axis < 0 ? [[], shape.slice(1)] : [shape.slice(1, axis), shape.slice(axis + 1)];
    const [before, after] = around.map((sizes) => countOf(sizes as readonly number[]));
    if (axis < 0) return { name, shape, before: before!, after: after! };
    const tokens = /^(words|patches(?:_\d+)?)(?:\+1)?$/.exec(String(shape[axis]))?.[1];
    if (tokens === undefined) throw new Error(`kept teacher: ${name} [${shape.join(', ')}] has no tokens to keep`);
    return { name, shape, before: before!, after: after!, tokens };
  });

/**
 * Number of rows of an example's record: all words of the longest text, since padded words are queries too, each with a
 * position of its own; of an image [CLS], its patches, and one row for padding, which is the same in every place.
 */
const rowsOf = ({ tokens }: Place, patches: ReadonlyMap<string, number>, words: number): number =>
  tokens === undefined ? 1 : tokens === 'words' ? words : patches.get(tokens)! + 2;

/** Number of real patches of one example of a batch, by the input that holds them. */
export const patchesOf = (feeds: Feeds, at: number): Map<string, number> => {
  const names = Object.keys(feeds).filter((name) => /^patches(_\d+)?$/.test(name));
  return new Map(
    names.map((name) => {
      const { shape, data } = feeds[name.replace('patches', 'patch_mask')]!;
      const real = Float32Array.from(data.subarray(at * shape[1]!, (at + 1) * shape[1]!));
      return [name, real.reduce((sum, one) => sum + one, 0)];
    }),
  );
};

/** Feeds with one more patch of padding, so that every example has one. */
export const withPadding = (feeds: Feeds): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, numbers]) => [name, name.startsWith('patch') ? lengthened(numbers) : numbers]),
  );

const lengthened = ({ shape, data }: Numbers): Numbers => {
  const [batch, count, width = 1] = shape as [number, number, number?];
  const longer = new Float32Array(batch * (count + 1) * width);
  for (let b = 0; b < batch; b += 1) {
    longer.set(data.subarray(b * count * width, (b + 1) * count * width), b * (count + 1) * width);
  }
  return { shape: [batch, count + 1, ...shape.slice(2)], data: longer };
};

/**
 * Record of one example, from a teacher's outputs for a batch with padding: float16 numbers, little-endian.
 *
 * @throws UserError where a number is too large for float16.
 */
export const recordOf = (
  made: Readonly<Record<string, Numbers>>,
  places: readonly Place[],
  {
    at,
    patches,
    where,
  }: { readonly at: number; readonly patches: ReadonlyMap<string, number>; readonly where: string },
): Uint8Array => {
  const parts: Uint8Array[] = [];
  for (const { name, before, after, tokens } of places) {
    const { data } = made[name]!;
    const each = data.length / made[name]!.shape[0]! / before;
    const real = tokens === undefined || tokens === 'words' ? each : (patches.get(tokens)! + 1) * after;
    for (let part = 0; part < before; part += 1) {
      const start = (at * before + part) * each;
      parts.push(encode(data.slice(start, start + real), 'F16', `${where}: ${name}`));
      // the last token is the padding that was added
      if (real < each) parts.push(encode(data.slice(start + each - after, start + each), 'F16', `${where}: ${name}`));
    }
  }
  const record = new Uint8Array(parts.reduce((bytes, { length }) => bytes + length, 0));
  let end = 0;
  for (const part of parts) {
    record.set(part, end);
    end += part.length;
  }
  return record;
};

/** Feeds of a placeholder from the records of a batch's examples, each as long as the batch. */
export const feedsOf = (
  records: readonly Uint8Array[],
  places: readonly Place[],
  { feeds, words }: { readonly feeds: Feeds; readonly words: number },
): Feeds => {
  const numbers = records.map((bytes) => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2));
  const patches = records.map((_, b) => patchesOf(feeds, b));
  const from = records.map(() => 0);
  return Object.fromEntries(
    places.map((place) => {
      const { name, before, after, tokens } = place;
      const length = tokens === undefined ? 1 : feeds[tokens]!.shape[1]! + (tokens === 'words' ? 0 : 1);
      const data = new Float32Array(records.length * before * length * after);
      for (const [b, record] of numbers.entries()) {
        const rows = rowsOf(place, patches[b]!, words);
        for (let part = 0; part < before; part += 1, from[b]! += rows * after) {
          const to = data.subarray((b * before + part) * length * after, (b * before + part + 1) * length * after);
          spread(record.subarray(from[b]!, from[b]! + rows * after), to, after);
        }
      }
      const sizes = place.shape.slice(1).map((size) => (typeof size === 'string' ? length : size));
      return [name, { shape: [records.length, ...sizes], data }];
    }),
  );
};

/** Copies as many rows as there is room for; repeats the last row where there is more room. */
const spread = (rows: Uint16Array, to: Float32Array, width: number): void => {
  writeHalves(rows.subarray(0, to.length), to);
  const last = to.subarray(rows.length - width, rows.length);
  for (let at = rows.length; at < to.length; at += width) to.set(last, at);
};
