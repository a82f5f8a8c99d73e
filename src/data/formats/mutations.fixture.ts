/** Mutated files of each reader; more of them by MUTATIONS=10000. */
export const MUTATIONS = Number(process.env.MUTATIONS ?? 200);

/** Whole numbers below a bound that are the same in every run. */
export const randomFrom = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

/** A few bytes changed, bits turned, lengths made huge, or a piece cut out, doubled or cut off. */
export const mutated = (bytes: Buffer, seed: number): Buffer => {
  const random = randomFrom(seed);
  const copy = Buffer.from(bytes);
  const at = random(copy.length - 8);
  const length = 1 + random(64);
  switch (random(6)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
    case 2:
      return Buffer.concat([copy.subarray(0, at + length), copy.subarray(at)]);
    case 3:
      copy.writeUInt32LE([0xffffffff, 0x7fffffff, 0x10000000, 0][random(4)]!, at);
      return copy;
    case 4:
      for (let i = 0; i < 8; i += 1) copy[random(copy.length)]! ^= 1 << random(8);
      return copy;
    default:
      for (let i = 0; i < length && at + i < copy.length; i += 1) copy[at + i] = random(256);
      return copy;
  }
};
