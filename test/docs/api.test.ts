import { describe, expect, it } from 'vitest';
import { markdownOf, readFaces } from '../../scripts/api.ts';
import { textOf } from './markdown.ts';

const faces = readFaces();
const names = faces.flatMap(({ specifier, names }) => names.map((one) => ({ specifier, ...one })));

describe('the public names', () => {
  it('are those of docs/api.md: otherwise run `npm run api`', () => {
    expect(textOf('docs/api.md')).toBe(markdownOf(faces));
  });

  it('are few on the main face', () => {
    expect(faces[0]!.specifier).toBe('dide');
    expect(faces[0]!.names.length).toBeLessThanOrEqual(52);
  });

  it('stand for one thing each', () => {
    const seen = new Map<string, string>();
    // in a browser the same things have the same names: nobody imports both
    const once = names.filter(({ specifier }) => specifier !== 'dide/web');
    const again = once.filter(({ name, specifier }) => seen.has(name) || !seen.set(name, specifier));
    expect(again.map(({ name, specifier }) => `${name} of ${specifier} and of ${seen.get(name)}`)).toEqual([]);
  });

  it('say what they are: a noun or a verb first', () => {
    const wrong = names.filter(({ meaning }) => /^(What |Of |The same|Whether it|$)/.test(meaning));
    expect(wrong.map(({ specifier, name, meaning }) => `${specifier} ${name}: ${meaning}`)).toEqual([]);
  });
});
