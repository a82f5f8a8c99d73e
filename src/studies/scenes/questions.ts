import { below, mulberry32, pick, type Random, shuffled } from '../mulberry32.ts';
import { drawQuestion, drawWanted, type Wanted } from './draw.ts';
import { type EditClass, editClasses, edited, touched } from './edits.ts';
import { hopsIn, type Phrase, phrasesOf, type Question, say } from './grammar.ts';
import { answerTo, denoted } from './meaning.ts';
import { drawScene, type HeldOut, isHeldOut, keeps, type Scene, type World } from './world.ts';

/** A question with its answers to the two pictures of its pair; the two always differ. */
export interface Asked {
  readonly question: Question;
  readonly text: string;
  readonly answers: readonly [string, string];
  readonly hops: number;
}

/** Two pictures one edit apart, and questions that only the picture can answer: who knows the text alone is right half the time. */
export interface ScenePair {
  readonly scenes: readonly [Scene, Scene];
  readonly edit: EditClass;
  readonly asked: readonly Asked[];
}

export interface PairOptions {
  readonly seed: number;
  readonly heldOut: HeldOut;
  /** How many questions are tried for on one pair of pictures; some pairs carry fewer, none carries none. */
  readonly questions: number;
}

/** Draws for one question on one pair of pictures before another question, then other pictures are tried. */
const DRAWS = 60;

/** How many of the counts that are 0 in one picture and 1 in the other are thrown away, so that 2 and 3 are heard. */
const TOO_FEW = 0.8;

/** Pictures tried for a question before the world is called too poor for it. */
const PICTURES = 2000;

/**
 * The number of relations. Moving things changes no answer without relations; so questions without any go with the
 * other two classes, half of theirs, and of those with relations half fall to `place`, a quarter to each other class.
 */
const drawHops = (random: Random, world: World, edit: EditClass): number =>
  edit !== 'place' && random() < 0.5 ? 0 : Math.min(world.maxHops, 1 + below(random, Math.max(1, world.maxHops)));

const drawEdit = (random: Random, world: World): EditClass =>
  pick(random, world.maxHops === 0 ? editClasses.filter((one) => one !== 'place') : editClasses);

/** Whether a phrase, or one inside it, describes a held-out thing of the scene. */
export const tellsHeldOut = (world: World, phrase: Phrase, scene: Scene): boolean =>
  denoted(phrase, scene).some((thing) => isHeldOut(world, thing)) ||
  (phrase.where !== undefined && tellsHeldOut(world, phrase.where.of, scene));

const isAbout = (world: World, question: Question, scenes: readonly Scene[]): boolean =>
  phrasesOf(question).some((phrase) => scenes.some((scene) => tellsHeldOut(world, phrase, scene)));

/** One draw: a question with two different answers, or nothing. */
const tryAsk = (random: Random, world: World, scenes: readonly [Scene, Scene], wanted: Wanted): Asked | undefined => {
  const [scene, other] = random() < 0.5 ? scenes : ([scenes[1], scenes[0]] as const);
  const question = drawQuestion(random, world, { scene, touched: touched(scene, other) }, wanted);
  if (question === undefined) return undefined;
  const [first, second] = [answerTo(question, scenes[0]), answerTo(question, scenes[1])];
  if (first === undefined || second === undefined || first === second) return undefined;
  if (question.kind === 'count' && Number(first) + Number(second) === 1 && random() < TOO_FEW) return undefined;
  return { question, text: say(question), answers: [first, second], hops: hopsIn(question) };
};

/** What questions must do beside having two answers. */
type Accepts = (asked: Asked, scenes: readonly [Scene, Scene]) => boolean;

const ask = (
  random: Random,
  world: World,
  scenes: readonly [Scene, Scene],
  { wanted, accepts }: { readonly wanted: Wanted; readonly accepts: Accepts },
): Asked | undefined => {
  for (let draw = 0; draw < DRAWS; draw++) {
    const asked = tryAsk(random, world, scenes, wanted);
    if (asked && accepts(asked, scenes)) return asked;
  }
  return undefined;
};

/** Two scenes one edit apart; nothing where the first has no room for the edit, or the edit breaks the split's rule. */
const drawScenes = (random: Random, world: World, heldOut: HeldOut, edit: EditClass) => {
  const scene = drawScene(random, world, heldOut);
  const other = edited(random, world, scene, edit);
  if (other === undefined || !keeps(world, other, heldOut)) return undefined;
  return shuffled(random, [scene, other]) as [Scene, Scene];
};

/** More questions about a pair of pictures that has one. */
const askMore = (random: Random, world: World, pair: ScenePair, more: { count: number; accepts: Accepts }): Asked[] => {
  const asked = [...pair.asked];
  for (let left = more.count; left > 0; left--) {
    const wanted = drawWanted(random, world, drawHops(random, world, pair.edit));
    const next = ask(random, world, pair.scenes, { wanted, accepts: more.accepts });
    if (next && asked.every((one) => one.text !== next.text)) asked.push(next);
  }
  return asked;
};

/** One pair of pictures with its questions, by its seed alone. Throws where the world is too poor for what it must ask. */
export const drawPair = (world: World, { seed, heldOut, questions }: PairOptions): ScenePair => {
  const random = mulberry32(seed);
  const accepts: Accepts = (asked, scenes) => heldOut === 'never' || isAbout(world, asked.question, scenes);
  const edit = drawEdit(random, world);
  const wanted = drawWanted(random, world, drawHops(random, world, edit));
  for (let picture = 0; picture < PICTURES; picture++) {
    const scenes = drawScenes(random, world, heldOut, edit);
    const first = scenes && ask(random, world, scenes, { wanted, accepts });
    if (scenes === undefined || first === undefined) continue;
    const pair: ScenePair = { scenes, edit, asked: [first] };
    return questions === 1 ? pair : { ...pair, asked: askMore(random, world, pair, { count: questions - 1, accepts }) };
  }
  throw new Error(
    `drawPair: world ${world.name} has no ${wanted.kind} question with ${wanted.hops} hops after ${PICTURES} pictures: give it more objects or other questions`,
  );
};
