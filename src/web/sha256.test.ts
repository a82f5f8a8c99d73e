import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSha256 } from './sha256.ts';

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 5)) & 255);

it.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000])('SHA-256 of %i bytes is that of Node', (length) => {
  const bytes = bytesOf(length);
  expect(createSha256().update(bytes).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
});

it('takes its bytes in parts of any length, and texts as UTF-8', () => {
  const [mine, nodes] = [createSha256(), createHash('sha256')];
  for (const length of [3, 61, 64, 1, 0, 200, 63]) {
    mine.update(bytesOf(length)).update('größer');
    nodes.update(bytesOf(length)).update('größer');
  }
  expect(mine.digest('hex')).toBe(nodes.digest('hex'));
});
