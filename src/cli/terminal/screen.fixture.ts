/** A terminal that a test reads: the lines that a person would see after all that was written to it. */
export interface Screen {
  readonly stream: NodeJS.WriteStream;
  readonly lines: () => string[];
}

const ESCAPE = String.fromCharCode(27);
/** Orders to the terminal as `ESC [ count letter`, ESC 7 and ESC 8, and single characters. */
const TOKENS = new RegExp(`${ESCAPE}\\[\\??(\\d*)([A-Za-z])|${ESCAPE}[78]|.`, 'gsu');

/**
 * A terminal of some columns that understands what a progress bar writes: line ends, carriage returns, moves of the
 * cursor, saved places, and clearing. It is high enough never to scroll.
 */
export const createScreen = (columns: number): Screen => {
  const rows: string[][] = [[]];
  let [x, y, saved] = [0, 0, [0, 0] as [number, number]];
  const put = (character: string): void => {
    if (x === columns) [x, y] = [0, y + 1];
    while (rows.length <= y) rows.push([]);
    rows[y]![x] = character;
    x += 1;
  };
  const orders: Readonly<Record<string, (count: number) => void>> = {
    A: (count) => {
      y = Math.max(0, y - (count || 1));
    },
    B: (count) => {
      y += count || 1;
    },
    G: (column) => {
      x = Math.max(1, column) - 1;
    },
    J: () => {
      rows.length = y + 1;
      rows[y]!.length = Math.min(rows[y]!.length, x);
    },
    K: (part) => {
      if (part === 2) rows[y] = [];
      else rows[y]!.length = Math.min(rows[y]!.length, x);
    },
  };
  const write = (text: string): boolean => {
    for (const [all, count, letter] of text.matchAll(TOKENS)) {
      if (letter !== undefined) orders[letter]?.(Number(count));
      else if (all === `${ESCAPE}7`) saved = [x, y];
      else if (all === `${ESCAPE}8`) [x, y] = saved;
      else if (all === '\n') [x, y] = [0, y + 1];
      else if (all === '\r') x = 0;
      else put(all);
      while (rows.length <= y) rows.push([]);
    }
    return true;
  };
  return {
    stream: { isTTY: true, columns, write } as unknown as NodeJS.WriteStream,
    lines: () =>
      rows.map((row) =>
        Array.from(row, (character) => character ?? ' ')
          .join('')
          .trimEnd(),
      ),
  };
};
