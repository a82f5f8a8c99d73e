import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { commandOf, quote } from './quote.ts';

it('leaves words alone that every shell reads as they are', () => {
  for (const word of ['runs/a-b/best.safetensors', './x.ts#task', '--data', 'a=b,c', 'data~1'])
    expect(quote(word)).toBe(word === './x.ts#task' ? "'./x.ts#task'" : word);
});

it.each(['a b', 'Grüße/Fotos', "it's", '$HOME', '~/photos', '', '*', 'a\nb', '"', 'a;b', '`x`'])(
  'quotes %j so that a shell hands it on unchanged',
  (word) => {
    const command = commandOf(['printf', '%s', word]);
    expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe(word);
  },
);

it.each(['a\nb', "50 %\r\\012'\u001b[2J\u202e $HOME"])('writes %j on one line, without orders', (word) => {
  const command = commandOf(['printf', '%s', word]);
  expect(command).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe(word);
});
