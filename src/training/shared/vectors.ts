import type { Numbers } from '../../engine/numbers.ts';
import { compile } from '../../engine/runtime/compile.ts';
import type { Session } from '../../engine/runtime/session.ts';
import { input } from '../../engine/tensor.ts';
import { type Contrast, similarity } from '../../model/heads.ts';
import type { Processes } from '../../processes/processes.ts';
import { type Embedded, mapParts } from '../updates/comparison.ts';
import { partsOf } from '../updates/seeded-contrast.ts';

/** Vectors of the images and texts of all processes: [pairs, space], by rank. */
export interface GatheredVectors {
  readonly image: Numbers<Float32Array>;
  readonly text: Numbers<Float32Array>;
  /** Place of the first pair of each process. */
  readonly starts: readonly number[];
}

/** Hands vectors round. */
export const gatherVectors = async (own: Embedded, processes: Pick<Processes, 'gather'>): Promise<GatheredVectors> => {
  const space = own.image!.shape[1]!;
  const bytesOf = ({ data }: Numbers<Float32Array>): Uint8Array =>
    new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  const [images, texts] = [await processes.gather(bytesOf(own.image!)), await processes.gather(bytesOf(own.text!))];
  const joined = (each: readonly Uint8Array[]): Numbers<Float32Array> => {
    const data = new Float32Array(each.reduce((sum, bytes) => sum + bytes.length, 0) / 4);
    let at = 0;
    for (const bytes of each) {
      new Uint8Array(data.buffer).set(bytes, at);
      at += bytes.length;
    }
    return { shape: [data.length / space, space], data };
  };
  let pairs = 0;
  const starts = images.map((bytes) => {
    const start = pairs;
    pairs += bytes.length / 4 / space;
    return start;
  });
  return { image: joined(images), text: joined(texts), starts };
};

/** Session of the similarity of vectors that are fed, image by image. */
export const openScores = (contrast: Contrast, threads: number | undefined): Promise<Session> => {
  const parts = mapParts(partsOf(contrast), ({ shape }, name) =>
    input(name, shape.length === 0 ? [] : [`${name}s`, shape[1]!]),
  );
  return compile({ similarity: similarity(parts as unknown as Contrast) }, { threads });
};
