import type { Hash } from '../inference/identity.ts';

/** The first prime numbers. */
const primes = (count: number): number[] => {
  const found: number[] = [];
  for (let next = 2; found.length < count; next += 1) if (found.every((prime) => next % prime !== 0)) found.push(next);
  return found;
};

/** The first 32 bits behind the point. */
const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;

/** Round constants: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const ROUNDS = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
/** State at the beginning, by the square roots of the first 8. */
const BEGIN = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));
/** Bytes of a block. */
const BLOCK = 64;

const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits));

/** A SHA-256 (FIPS 180-4) at once, where Node's is not, and pages without TLS have no other. */
export const createSha256 = (): Hash => {
  const state = BEGIN.slice();
  const rest = new Uint8Array(BLOCK);
  let bytes = 0;
  const take = (data: Uint8Array): void => {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    let at = 0;
    const held = bytes % BLOCK;
    if (held > 0) {
      at = Math.min(BLOCK - held, data.length);
      rest.set(data.subarray(0, at), held);
      if (held + at === BLOCK) compress(state, new DataView(rest.buffer), 0);
    }
    for (; at + BLOCK <= data.length; at += BLOCK) compress(state, view, at);
    if (at < data.length) rest.set(data.subarray(at));
    bytes += data.length;
  };
  const hash: Hash = {
    update: (data) => {
      take(typeof data === 'string' ? new TextEncoder().encode(data) : data);
      return hash;
    },
    digest: () => {
      const bits = BigInt(bytes) * 8n;
      const padding = new Uint8Array(((119 - (bytes % BLOCK)) % BLOCK) + 1 + 8);
      padding[0] = 0x80;
      new DataView(padding.buffer).setBigUint64(padding.length - 8, bits);
      take(padding);
      return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
    },
  };
  return hash;
};

const words = new Int32Array(BLOCK);

/** Mixes a block into the state. */
const compress = (state: Int32Array, view: DataView, at: number): void => {
  for (let i = 0; i < 16; i += 1) words[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i += 1) {
    const [early, late] = [words[i - 15]!, words[i - 2]!];
    const mixed = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    words[i] = (words[i - 16]! + mixed + words[i - 7]! + (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10))) | 0;
  }
  let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!];
  let [e, f, g, h] = [state[4]!, state[5]!, state[6]!, state[7]!];
  for (let i = 0; i < 64; i += 1) {
    const chosen = (e & f) ^ (~e & g);
    const first = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + chosen + ROUNDS[i]! + words[i]!) | 0;
    const second = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i]! + word) | 0;
};
