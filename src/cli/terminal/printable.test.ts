import { expect, it } from 'vitest';
import { printable, printableJson, printableLine } from './printable.ts';

const name = 'red\u001b[31m\u009b2J\u0007\u202egnp\u2066.\nx\tö👩‍👧\u200f\u061c\u2028.png';

it('takes from a text what gives orders to a terminal, and from a line its ends, too', () => {
  expect(printable(name)).toBe('red\ufffd[31m\ufffd2J\ufffd\ufffdgnp\ufffd.\nx\tö👩‍👧\ufffd\ufffd\ufffd.png');
  expect(printableLine(name)).toBe(
    'red\ufffd[31m\ufffd2J\ufffd\ufffdgnp\ufffd.\ufffdx\ufffdö👩‍👧\ufffd\ufffd\ufffd.png',
  );
});

it('writes JSON without such characters that parses to exactly the same', () => {
  const json = printableJson({ [name]: [name, 1] });
  expect(json).toMatch(/^[^\p{Cc}\p{Bidi_Control}\u2028\u2029]*$/u);
  expect(JSON.parse(json)).toEqual({ [name]: [name, 1] });
});
