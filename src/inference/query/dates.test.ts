import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageCache } from '../image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predictor.ts';
import { ask } from './ask.ts';
import type { AskOptions } from './ask-options.ts';
import { type Gallery, makeGallery, student } from './query.fixture.ts';

let gallery: Gallery;
let open: Predictor;
beforeAll(async () => {
  gallery = await makeGallery();
  open = await openPredictor(student, { threads: 1 });
  return () => open.close();
}, 120_000);

/** The cache as if its pictures had said when they were taken: those at these places, by path. */
const withTaken = (taken: Readonly<Record<string, string>> | undefined): ImageCache => {
  const { cache } = gallery;
  const moments = Float64Array.from({ length: cache.size }, (_, place) => {
    const text = taken?.[cache.pathAt(place)];
    return text === undefined ? Number.NaN : Date.parse(`${text}Z`);
  });
  return { ...cache, columns: { ...cache.columns, taken: moments, undated: taken ? 0 : cache.size } };
};

const asking = async (cache: ImageCache, options: AskOptions) => {
  const notices: string[] = [];
  const onWarning = (message: string): void => void notices.push(message);
  const answers = await ask(open, cache, 'is there a red circle ?', { onWarning, ...options });
  return { notices, images: answers.map(({ image }) => image), dates: answers.map(({ date }) => date) };
};

describe('the date of an image', () => {
  it('is when it was taken, else the time of its file, and what is not known is said', async () => {
    const taken = {
      'a/1.png': '2031-01-01T08:00:00',
      '8.png': '2030-06-01T23:59:59',
      'b/5.png': '1999-12-31T00:00:00',
    };
    const cache = withTaken(taken);
    const { notices, images, dates } = await asking(cache, { sort: 'date' });
    expect(images.slice(0, 2)).toEqual(['a/1.png', '8.png']);
    expect(dates.slice(0, 2)).toEqual(['2031-01-01T08:00:00', '2030-06-01T23:59:59']);
    expect(images.at(-1)).toBe('b/5.png');
    expect(notices).toEqual(['13 of 16 cached images do not say when they were taken: the times of their files count']);
    expect(await asking(cache, { from: '2030', to: '2030-06-01' })).toMatchObject({ images: ['8.png'] });
    expect((await asking(cache, { to: '1999' })).images).toEqual(['b/5.png']);
    expect((await asking(cache, {})).notices).toEqual([]);
  });

  it('is the time of the file in a cache of an earlier version, which is said', async () => {
    const { notices, images } = await asking(withTaken(undefined), { sort: 'date' });
    expect(notices).toEqual([expect.stringContaining('16 of 16 images were cached before dates were read')]);
    const newest = gallery.images.toSorted((a, b) => b.date - a.date || (a.path < b.path ? -1 : 1));
    expect(images).toEqual(newest.map(({ path }) => path));
  });
});
