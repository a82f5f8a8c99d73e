import { mulberry32, seedFor } from '../mulberry32.ts';
import { drawCaptionedScene } from './captioned-scenes.ts';
import { drawHypothesis } from './entailment.ts';
import { drawPlain } from './plain-scenes.ts';
import { drawQuadruple } from './quadruples.ts';
import { drawPair } from './questions.ts';
import { drawStatement } from './statements.ts';
import { truths } from './truth.ts';
import { answersOf } from './vocabulary.ts';
import type { HeldOut, Scene, World } from './world.ts';

/** One row of a data set. */
export type Row = Readonly<Record<string, string | number | readonly string[]>>;

/** The smallest balanced part of a data set: some images with the rows about them. */
export interface Unit {
  readonly scenes: readonly Scene[];
  /** Rows for the paths of the images and the number of the unit in its split. */
  readonly rows: (images: readonly string[], unit: number) => readonly Row[];
}

export interface UnitOptions {
  readonly seed: number;
  readonly heldOut: HeldOut;
  /** Maximum number of texts about the images of a unit, in the views that allow several. */
  readonly texts: number;
  /** Ratio of the units that are unrelated images instead of pairs, from which words are learnt first. */
  readonly plain: number;
}

/** The tasks for which scenes can be drawn. */
export const viewNames = ['vqa', 'nlvr2', 've', 'retrieval', 'pretraining'] as const;
export type View = (typeof viewNames)[number];

/** Two images that differ by one edit; every question has two rows with different answers and the same `pair`. */
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

/** Two unrelated images with questions about each. */
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

/** A statement with four pairs of images; it is true of two. The identifier has the form of NLVR2's. */
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

/** A hypothesis with three images: one that entails it, one that contradicts it, one that is neutral. */
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

/** Four images with four captions of the same words. */
const retrieval = (world: World, options: UnitOptions): Unit => {
  const { scenes, captions } = drawQuadruple(world, options);
  return {
    scenes,
    rows: (images, unit) => captions.map((text, place) => ({ image: images[place]!, text, hops: 1, quadruple: unit })),
  };
};

/** An image with captions of some of its things. */
const pretraining = (world: World, { texts, ...options }: UnitOptions): Unit => {
  const { scene, captions } = drawCaptionedScene(world, { ...options, captions: texts });
  return { scenes: [scene], rows: ([image]) => captions.map((caption) => ({ image: image!, caption })) };
};

export interface ViewOf {
  /** Number of images of a unit. */
  readonly pictures: number;
  readonly draw: (world: World, options: UnitOptions) => Unit;
  /** Answers in the order of the classifier; none for retrieval and pre-training. */
  readonly answers: (world: World) => readonly string[];
}

/** The units of each view. */
export const views: { readonly [V in View]: ViewOf } = {
  vqa: { pictures: 2, draw: vqa, answers: answersOf },
  nlvr2: { pictures: 8, draw: nlvr2, answers: () => ['False', 'True'] },
  ve: { pictures: 3, draw: entailment, answers: () => truths },
  retrieval: { pictures: 4, draw: retrieval, answers: () => [] },
  pretraining: { pictures: 1, draw: pretraining, answers: () => [] },
};
