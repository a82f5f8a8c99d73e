import { below, mulberry32, pick, type Random, shuffled } from '../mulberry32.ts';
import { drawQuestion, drawSpec, type QuestionSpec } from './draw.ts';
import { type EditClass, editClasses, edited, touched } from './edits.ts';
import { hopsIn, type Phrase, phrasesOf, type Question, questionText } from './grammar.ts';
import { answerTo, denoted } from './meaning.ts';
import { drawScene, type HeldOut, isHeldOut, obeysSplit, type Scene, type World } from './world.ts';

/** A question with its two different answers, one for each image of its pair. */
export interface Asked {
  readonly question: Question;
  readonly text: string;
  readonly answers: readonly [string, string];
  readonly hops: number;
}

/** Two images that differ by one edit, with questions whose text alone predicts the answer half the time at most. */
export interface ScenePair {
  readonly scenes: readonly [Scene, Scene];
  readonly edit: EditClass;
  readonly asked: readonly Asked[];
}

export interface PairOptions {
  readonly seed: number;
  readonly heldOut: HeldOut;
  /** Maximum number of questions about the pair; it has at least one. */
  readonly questions: number;
}

/** Attempts for one question about one pair of images. */
const DRAWS = 60;

/** Ratio of discarded questions whose answers are 0 and 1, so that higher counts are not too rare. */
const TOO_FEW = 0.8;

/** Pairs of images that are tried before an error. */
const PICTURES = 2000;

/**
 * Draws the number of relations. Moving things changes no answer of a question without relations, so these go with the
 * other two classes of edits, half of theirs.
 */
const drawHops = (random: Random, world: World, edit: EditClass): number =>
  edit !== 'place' && random() < 0.5 ? 0 : Math.min(world.maxHops, 1 + below(random, Math.max(1, world.maxHops)));

const drawEdit = (random: Random, world: World): EditClass =>
  pick(random, world.maxHops === 0 ? editClasses.filter((one) => one !== 'place') : editClasses);

/** Whether a phrase, or one inside it, denotes a held-out thing of the scene. */
export const denotesHeldOut = (world: World, phrase: Phrase, scene: Scene): boolean =>
  denoted(phrase, scene).some((thing) => isHeldOut(world, thing)) ||
  (phrase.where !== undefined && denotesHeldOut(world, phrase.where.of, scene));

const isAbout = (world: World, question: Question, scenes: readonly Scene[]): boolean =>
  phrasesOf(question).some((phrase) => scenes.some((scene) => denotesHeldOut(world, phrase, scene)));

/** Draws a question; undefined where its answers are not two different ones. */
const tryAsk = (
  random: Random,
  world: World,
  scenes: readonly [Scene, Scene],
  spec: QuestionSpec,
): Asked | undefined => {
  const [scene, other] = random() < 0.5 ? scenes : ([scenes[1], scenes[0]] as const);
  const question = drawQuestion(random, world, { scene, touched: touched(scene, other) }, spec);
  if (question === undefined) return undefined;
  const [first, second] = [answerTo(question, scenes[0]), answerTo(question, scenes[1])];
  if (first === undefined || second === undefined || first === second) return undefined;
  if (question.kind === 'count' && Number(first) + Number(second) === 1 && random() < TOO_FEW) return undefined;
  return { question, text: questionText(question), answers: [first, second], hops: hopsIn(question) };
};

/** Further condition on a question. */
type Accepts = (asked: Asked, scenes: readonly [Scene, Scene]) => boolean;

const ask = (
  random: Random,
  world: World,
  scenes: readonly [Scene, Scene],
  { spec, accepts }: { readonly spec: QuestionSpec; readonly accepts: Accepts },
): Asked | undefined => {
  for (let draw = 0; draw < DRAWS; draw++) {
    const asked = tryAsk(random, world, scenes, spec);
    if (asked && accepts(asked, scenes)) return asked;
  }
  return undefined;
};

/** Two scenes that differ by one edit; undefined where it is not possible or breaks the rule of the split. */
const drawScenes = (random: Random, world: World, heldOut: HeldOut, edit: EditClass) => {
  const scene = drawScene(random, world, heldOut);
  const other = edited(random, world, scene, edit);
  if (other === undefined || !obeysSplit(world, other, heldOut)) return undefined;
  return shuffled(random, [scene, other]) as [Scene, Scene];
};

/** Draws further questions about a pair of images. */
const askMore = (random: Random, world: World, pair: ScenePair, more: { count: number; accepts: Accepts }): Asked[] => {
  const asked = [...pair.asked];
  for (let left = more.count; left > 0; left--) {
    const spec = drawSpec(random, world, drawHops(random, world, pair.edit));
    const next = ask(random, world, pair.scenes, { spec, accepts: more.accepts });
    if (next && asked.every((one) => one.text !== next.text)) asked.push(next);
  }
  return asked;
};

/**
 * Draws a pair of images with its questions.
 *
 * @throws Error where the world has too few objects for the drawn kind of question.
 */
export const drawPair = (world: World, { seed, heldOut, questions }: PairOptions): ScenePair => {
  const random = mulberry32(seed);
  const accepts: Accepts = (asked, scenes) => heldOut === 'never' || isAbout(world, asked.question, scenes);
  const edit = drawEdit(random, world);
  const spec = drawSpec(random, world, drawHops(random, world, edit));
  for (let picture = 0; picture < PICTURES; picture++) {
    const scenes = drawScenes(random, world, heldOut, edit);
    const first = scenes && ask(random, world, scenes, { spec, accepts });
    if (scenes === undefined || first === undefined) continue;
    const pair: ScenePair = { scenes, edit, asked: [first] };
    return questions === 1 ? pair : { ...pair, asked: askMore(random, world, pair, { count: questions - 1, accepts }) };
  }
  throw new Error(
    `drawPair: world ${world.name} has no ${spec.kind} question with ${spec.hops} hops after ${PICTURES} pictures: give it more objects or other questions`,
  );
};
