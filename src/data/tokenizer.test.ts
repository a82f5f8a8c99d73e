import { beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { checkText, createTokenizer, type Tokenizer } from './tokenizer.ts';
import { bertVocabulary, readVocabulary } from './vocabulary-file.ts';

describe("BERT's uncased WordPiece", () => {
  let tokenizer: Tokenizer;
  const pieces = (text: string): string[] => tokenizer.encode(text).pieces.slice(1, -1);

  beforeAll(async () => {
    tokenizer = createTokenizer(await bertVocabulary());
  });

  it('has 30,522 pieces, and the special ones where every BERT has them', () => {
    expect(tokenizer.size).toBe(30522);
    expect([...tokenizer.encode('[PAD] [UNK] [MASK]').ids]).toEqual([101, 0, 100, 103, 102]);
  });

  it.each([
    ['What color is the cat?', ['what', 'color', 'is', 'the', 'cat', '?']],
    ['a cyan sphere', ['a', 'cy', '##an', 'sphere']],
    ["Isn't it?", ['isn', "'", 't', 'it', '?']],
    ['NAÏVE café', ['naive', 'cafe']],
    ['日本', ['日', '本']],
    ['a\u0000b\u200bc\td', ['abc', 'd']],
    ['$5^2`', ['$', '5', '^', '2', '`']],
    ['', []],
  ])('splits %j', (text, expected) => {
    expect(pieces(text)).toEqual(expected);
  });

  it('reads a word of 100 characters, but one of 101 as [UNK], and names it', () => {
    expect(pieces('x'.repeat(100)).length).toBeGreaterThan(1);
    const long = tokenizer.encode(`a ${'x'.repeat(101)} b`);
    expect(long.pieces).toEqual(['[CLS]', 'a', '[UNK]', 'b', '[SEP]']);
    expect(long.unknown).toEqual(['x'.repeat(101)]);
  });

  it('reads a word with one character that no piece has as one [UNK]', () => {
    expect(tokenizer.encode('red cat\u{1F600}')).toMatchObject({
      pieces: ['[CLS]', 'red', '[UNK]', '[SEP]'],
      unknown: ['cat\u{1F600}'],
    });
  });

  it('keeps 38 pieces between [CLS] and [SEP] by default, and says when it cut', () => {
    expect(tokenizer.encode('a '.repeat(38))).toMatchObject({ truncated: false });
    const cut = tokenizer.encode('a '.repeat(39));
    expect(cut.truncated).toBe(true);
    expect(cut.ids).toHaveLength(40);
    expect(cut.pieces.at(-1)).toBe('[SEP]');
    expect(tokenizer.encode('red blue green', { limit: 4 }).pieces).toEqual(['[CLS]', 'red', 'blue', '[SEP]']);
  });
});

describe('a vocabulary', () => {
  it('without a special piece is refused by name', () => {
    expect(() => createTokenizer(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'cat'])).toThrow(
      new UserError("vocabulary of 5 pieces: lacks [MASK]: use BERT's vocab.txt."),
    );
  });

  it('that is not there is an error with its path', async () => {
    await expect(readVocabulary('/nowhere/vocab.txt')).rejects.toThrow(/^\/nowhere\/vocab.txt: cannot read .*ENOENT/);
    await expect(readVocabulary(new URL(import.meta.url))).rejects.toThrow(
      /tokenizer.test.ts: \d+ lines without \[PAD\]/,
    );
  });
});

describe('checkText', () => {
  it.each(['', '   ', '\n\t'])('refuses %j and says where it stands', (text) => {
    expect(() => checkText(text, 'train.jsonl:17')).toThrow(UserError);
    expect(() => checkText(text, 'train.jsonl:17')).toThrow(/^train.jsonl:17: the text is empty/);
  });

  it('lets a text pass', () => {
    expect(checkText('why?', 'here')).toBeUndefined();
  });
});
