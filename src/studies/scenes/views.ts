import { mulberry32, seedFor } from '../mulberry32.ts';
import { drawQuadruple } from './captions.ts';
import { truths } from './covered.ts';
import { drawHypothesis } from './entailment.ts';
import { drawPlain } from './plain.ts';
import { drawPair } from './questions.ts';
import { drawStatement } from './statements.ts';
import { drawTold } from './tellings.ts';
import { answersOf } from './vocabulary.ts';
import type { HeldOut, Scene, World } from './world.ts';

/** One line of a data set. */
export type Row = Readonly<Record<string, string | number | readonly string[]>>;

/** The smallest thing that is balanced in itself: some pictures, and the rows about them. */
export interface Unit {
  readonly scenes: readonly Scene[];
  /** Given the path of each picture and the number of the unit in its split. */
  readonly rows: (images: readonly string[], unit: number) => readonly Row[];
}

export interface UnitOptions {
  readonly seed: number;
  readonly heldOut: HeldOut;
  /** How many texts share the pictures of a unit, where the view lets them. */
  readonly texts: number;
  /** Share of the units that are no pairs but pictures on their own, from which words and looks are learnt first. */
  readonly plain: number;
}

/** A task that scenes can be made for. */
export const viewNames = ['vqa', 'nlvr2', 've', 'retrieval', 'pretraining'] as const;
export type View = (typeof viewNames)[number];

/** Two pictures one edit apart; every question stands twice, with different answers, under one `pair`. */
const paired = (world: World, { seed, heldOut, texts }: UnitOptions): Unit => {
  const pair = drawPair(world, { seed, heldOut, questions: texts });
  return {
    scenes: pair.scenes,
    rows: (images, unit) =>
      pair.asked.flatMap(({ text, question, answers, hops }, place) =>
        answers.map((answer, side) => ({
          image: images[side]!,
          question: text,
          answer,
          kind: question.kind,
          hops,
          edit: pair.edit,
          pair: `${unit}.${place + 1}`,
        })),
      ),
  };
};

/** Two pictures that have nothing to do with each other, and questions about each alone. */
const plain = (world: World, { seed, heldOut, texts }: UnitOptions): Unit => {
  const drawn = [1, 2].map((side) => drawPlain(world, { seed: seedFor(seed, side), heldOut, questions: texts }));
  return {
    scenes: drawn.map(({ scene }) => scene),
    rows: (images) =>
      drawn.flatMap(({ asked }, side) =>
        asked.map(({ text, question, answer, hops }) => ({
          image: images[side]!,
          question: text,
          answer,
          kind: question.kind,
          hops,
        })),
      ),
  };
};

const vqa = (world: World, options: UnitOptions): Unit =>
  mulberry32(seedFor(options.seed, 0))() < options.plain ? plain(world, options) : paired(world, options);

/** A statement with four pairs of pictures, of two of which it is true; the identifier is that of NLVR2's own files. */
const nlvr2 = (world: World, options: UnitOptions): Unit => {
  const { claim, text, hops, pairs } = drawStatement(world, options);
  return {
    scenes: pairs.flatMap((pair) => pair.images),
    rows: (images, unit) =>
      pairs.map(({ holds }, place) => ({
        images: images.slice(2 * place, 2 * place + 2),
        text,
        answer: holds ? 'True' : 'False',
        kind: claim.kind,
        hops,
        identifier: `scenes-${unit}-${place}-0`,
      })),
  };
};

/** A hypothesis with three pictures: one that entails it, one that contradicts it, one whose crate decides. */
const entailment = (world: World, options: UnitOptions): Unit => {
  const { claim, text, hops, pictures } = drawHypothesis(world, options);
  return {
    scenes: pictures.map(({ scene }) => scene),
    rows: (images, unit) =>
      pictures.map(({ truth, scene }, place) => ({
        image: images[place]!,
        text,
        answer: truth,
        kind: claim.kind,
        hops,
        cover: scene.cover === undefined ? 'no' : 'yes',
        hypothesis: unit,
      })),
  };
};

/** Four pictures with four captions of the same words. */
const retrieval = (world: World, options: UnitOptions): Unit => {
  const { scenes, captions } = drawQuadruple(world, options);
  return {
    scenes,
    rows: (images, unit) => captions.map((text, place) => ({ image: images[place]!, text, hops: 1, quadruple: unit })),
  };
};

/** A picture with captions of some of its things. */
const pretraining = (world: World, { texts, ...options }: UnitOptions): Unit => {
  const { scene, captions } = drawTold(world, { ...options, captions: texts });
  return { scenes: [scene], rows: ([image]) => captions.map((caption) => ({ image: image!, caption })) };
};

export interface ViewOf {
  /** How many pictures a unit has. */
  readonly pictures: number;
  readonly draw: (world: World, options: UnitOptions) => Unit;
  /** The answers in the order of the classifier; none where texts are not asked but found. */
  readonly answers: (world: World) => readonly string[];
}

/** How each task's units are drawn. */
export const views: { readonly [V in View]: ViewOf } = {
  vqa: { pictures: 2, draw: vqa, answers: answersOf },
  nlvr2: { pictures: 8, draw: nlvr2, answers: () => ['False', 'True'] },
  ve: { pictures: 3, draw: entailment, answers: () => truths },
  retrieval: { pictures: 4, draw: retrieval, answers: () => [] },
  pretraining: { pictures: 1, draw: pretraining, answers: () => [] },
};
