import { describe, expect, it } from 'vitest';
import { identityOf, type OptionTable, phrasesOf, settingsOf } from './option-table.ts';

const table = {
  factor: { flag: '--factor <n>', kind: 'amount', meaning: 'a factor', default: 0.5, identity: 'always' },
  limit: { flag: '--limit <n>', kind: 'count', meaning: 'a limit', otherwise: 'no limit', identity: 'always' },
  order: {
    ...{ flag: '--order <which>', kind: 'choice', choices: ['old', 'new'], meaning: 'an order' },
    ...{ default: 'old', identity: 'changed', phrase: '# order' },
  },
  threads: { flag: '--threads <n>', kind: 'count', meaning: 'cores', otherwise: 'all' },
} as const satisfies OptionTable;

describe('a table of options', () => {
  it('fills in the defaults, also for values that are undefined', () => {
    expect(settingsOf(table, { factor: undefined, limit: 3 })).toEqual({
      ...{ factor: 0.5, limit: 3, order: 'old', threads: undefined },
    });
    expect(settingsOf(table, { factor: 0 }).factor).toBe(0);
  });

  it('says what a run remembers, in its own order', () => {
    expect(JSON.stringify(identityOf(table, { threads: 4 }))).toBe('{"factor":0.5,"limit":"none"}');
    expect(identityOf(table, { order: 'old', limit: 2 })).toEqual({ factor: 0.5, limit: 2 });
    expect(identityOf(table, { order: 'new' })).toEqual({ factor: 0.5, limit: 'none', order: 'new' });
  });

  it('puts what is not usual into words', () => {
    expect(phrasesOf(table, { factor: 2 })).toBe('');
    expect(phrasesOf(table, { order: 'new' })).toBe('new order');
  });
});
