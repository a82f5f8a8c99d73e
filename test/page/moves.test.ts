import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../src/inference/inference.fixture.ts';
import type { ServingProcess } from '../service/process.fixture.ts';
import {
  ask,
  buildPage,
  describeInBrowser,
  openBrowser,
  openPage,
  servePictures,
  writePictures,
} from './page.fixture.ts';

type Corners = Readonly<Record<string, readonly [x: number, y: number]>>;

/** Lets every move of a tile stand still at its beginning, and keeps it in `moves`. */
const HOLD = `(() => { const moves = (globalThis.moves = []); const animate = Element.prototype.animate;
  Element.prototype.animate = function (...args) {
    const move = animate.apply(this, args);
    move.pause();
    moves.push(move);
    return move;
  }; })()`;

const cornersOf = (page: Page): Promise<Corners> =>
  page.evaluate<Corners>(`Object.fromEntries([...document.querySelectorAll('.tile[data-path]')].map((tile) => {
    const [{ x, y }, wall] = [tile.getBoundingClientRect(), tile.closest('.wall').getBoundingClientRect()];
    return [tile.dataset.path, [x - wall.x, y - wall.y]];
  }))`);

/** Puts the moves at a part of their time. */
const moveTo = (page: Page, part: number): Promise<number> =>
  page.evaluate<number>(`(() => { for (const move of moves)
    move.currentTime = ${part} * move.effect.getTiming().duration; return moves.length; })()`);

const apart = (a: Corners, b: Corners): number[] =>
  Object.keys(a).map((path) => Math.hypot(a[path]![0] - b[path]![0], a[path]![1] - b[path]![1]));

describeInBrowser('the tiles of the wall, when their order changes', () => {
  let [browser, served]: [Browser | undefined, ServingProcess | undefined] = [undefined, undefined];

  beforeAll(async () => {
    const home = await temporaryFolder();
    await writePictures(join(home, 'pictures'), 20);
    [browser, served] = await Promise.all([openBrowser(), servePictures(await buildPage(), home)]);
  });
  afterAll(async () => {
    await browser?.close();
    served?.child.kill();
    await served?.ended;
  });

  /** Opens the page with all pictures in the order of their probability. */
  const open = async (moves: boolean) => {
    const opened = await openPage(browser!, `${served!.url}/`, { name: 'moving', moves });
    await ask(opened.page, 'is there a blue shape?');
    await opened.page.getByLabel('Least probability').fill('0');
    await opened.page.locator('.sentence', { hasText: '24 of 24' }).waitFor();
    await opened.page.evaluate('for (const move of document.getAnimations()) move.finish()');
    await opened.page.evaluate(HOLD);
    return opened;
  };
  const byDate = async (page: Page): Promise<void> => {
    await page.getByLabel('Order').selectOption('date');
    await page.waitForURL(/sort=date/);
    await page.locator('main[aria-busy=false]').waitFor();
  };

  it('begin where they were, glide, and end where they belong', async () => {
    await using opened = await open(true);
    const { page } = opened;
    const before = await cornersOf(page);
    await byDate(page);
    const moves = await moveTo(page, 0);
    expect(moves).toBeGreaterThan(5);
    const atFirst = await cornersOf(page);
    expect(Object.keys(atFirst).sort()).toEqual(Object.keys(before).sort());
    expect(Math.max(...apart(before, atFirst))).toBeLessThan(1);
    await moveTo(page, 0.3);
    const between = await cornersOf(page);
    await page.evaluate('for (const move of moves) move.finish()');
    const after = await cornersOf(page);
    expect(apart(before, after).filter((way) => way > 1)).toHaveLength(moves);
    const [way, left] = [apart(before, after), apart(between, after)];
    for (const [i, whole] of way.entries()) if (whole > 1) expect(left[i]).toBeLessThan(whole);
    expect(Math.max(...left)).toBeGreaterThan(1);
    const dated = Object.entries(after).sort(([, a], [, b]) => a[1] - b[1] || a[0] - b[0]);
    const days = dated.map(([path]) => path.replace(/^\w+\//, '').slice(0, 3));
    expect(days).toEqual([...days].sort().reverse());
  });

  it('are where they belong at once for somebody who wants less motion', async () => {
    await using opened = await open(false);
    const { page } = opened;
    const before = await cornersOf(page);
    await byDate(page);
    const after = await cornersOf(page);
    expect(Math.max(...apart(before, after))).toBeGreaterThan(1);
    expect(await page.evaluate('moves.length')).toBe(0);
  });
});
