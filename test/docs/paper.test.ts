import { expect, it } from 'vitest';
import { textOf } from './markdown.ts';
import { usedByCommandLine } from './reachable.ts';

it('every function that PAPER.md maps to is used by a verb of the command line', { timeout: 120_000 }, () => {
  const mapped = [...textOf('PAPER.md').matchAll(/`(src\/[\w./-]+\.ts:[a-z]\w+)`/g)].map(([, place]) => place!);
  const used = usedByCommandLine();
  expect(mapped.length).toBeGreaterThan(40);
  expect(mapped.filter((place) => !used.has(place))).toEqual([]);
  // a name that only tests and faces know is not taken for a used one
  expect(used.has('src/engine/ops.ts:matmul')).toBe(true);
  expect(used.has('src/engine/onnx/write.ts:writeOnnx')).toBe(true);
});
