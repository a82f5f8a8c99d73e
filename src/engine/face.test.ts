import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';
import * as engine from '../engine.ts';

it("the sketch at the head of the engine's face trains a layer", async () => {
  const text = readFileSync(new URL('../engine.ts', import.meta.url), 'utf8');
  const comment = text.slice(0, text.indexOf('*/'));
  const code = [...comment.matchAll(/^ \* {3}(.*)$/gm)].map(([, line]) => line).join('\n');
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  const printed: unknown[] = [];
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const names = [...Object.keys(engine), 'console'];
  await new AsyncFunction(...names, outputText.replace(/^export \{\};$/m, ''))(...Object.values(engine), {
    log: (value: unknown) => printed.push(value),
  });
  expect(printed).toEqual([true]);
});
