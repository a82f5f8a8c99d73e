/** Runs the student of a site beside the page, so that the page never waits. */
import { encodeText, UserError } from 'dide/web';
import type { AskOptions, PictureFilter, PictureRange, Question } from '../source.ts';
import { answersOnSite, askSite, explainOnSite, likeOnSite } from './answering.ts';
import type { Wish } from './computing.ts';
import { aboutSite, type OpenedSite, openSite, picturesOf, thumbnailOf } from './opened-site.ts';
import { offer } from './remote.ts';

type OnProgress = (done: number, of: number) => void;

let opened: Promise<OpenedSite> | undefined;
let last: Promise<unknown> = Promise.resolve();

/** Scans come one after the other: each alone is done sooner than both at once. */
const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
  const result = last.then(work);
  last = result.catch(() => undefined);
  return result;
};

offer(
  {
    open: async (address: string, wish: Wish, onProgress: OnProgress) => {
      opened = openSite(address, wish, onProgress);
      const { student } = await opened;
      // the runtime and half of the student are compiled before the first question
      void inTurn(() => student.textFeatures(encodeText(student, 'is it ?'))).catch(() => undefined);
    },
    about: async () => aboutSite(await opened!),
    pictures: async (filter: PictureFilter, range: PictureRange) => picturesOf(await opened!, filter, range),
    thumbnail: async (path: string) => await thumbnailOf(await opened!, path),
    ask: async (question: Question, options: AskOptions, onProgress: OnProgress) => {
      const site = await opened!;
      return await inTurn(() => askSite(site, question, options, onProgress));
    },
    like: async (path: string, top: number) => {
      const site = await opened!;
      return await inTurn(() => likeOnSite(site, path, top));
    },
    answers: async (path: string, question: string, top: number) => {
      const site = await opened!;
      return await inTurn(() => answersOnSite(site, path, question, top));
    },
    explain: async (path: string, question: string) => {
      const site = await opened!;
      return await inTurn(() => explainOnSite(site, path, question));
    },
  },
  (error) => (error instanceof UserError ? 'refused' : 'fault'),
);
