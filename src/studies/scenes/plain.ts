import { below, mulberry32, type Random } from '../mulberry32.ts';
import { drawQuestion, drawWanted } from './draw.ts';
import { hopsIn, type Question, say } from './grammar.ts';
import { answerTo } from './meaning.ts';
import { drawScene, type HeldOut, type Scene, type World } from './world.ts';

/** A question about one picture, and its answer there. */
export interface PlainAsked {
  readonly question: Question;
  readonly text: string;
  readonly answer: string;
  readonly hops: number;
}

/** One picture and what is asked about it. */
export interface PlainScene {
  readonly scene: Scene;
  readonly asked: readonly PlainAsked[];
}

/** Draws before fewer questions are found good enough. */
const DRAWS = 60;

/**
 * Questions about one picture that has no near-equal partner, so guessing helps: what a model learns words and looks
 * from, before minimal pairs ask it to bind them. Half of what is asked for is taken from another picture, or every
 * "is there" would be answered yes. Pictures of a single object are among them.
 */
export const drawPlain = (
  world: World,
  { seed, heldOut, questions }: { readonly seed: number; readonly heldOut: HeldOut; readonly questions: number },
): PlainScene => {
  const random = mulberry32(seed);
  const simple = { ...world, objects: { ...world.objects, fewest: 1 } };
  const scene = drawScene(random, simple, heldOut);
  const asked: PlainAsked[] = [];
  for (let draw = 0; draw < DRAWS && asked.length < questions; draw++) {
    const next = tryAsk(random, simple, { scene, heldOut });
    if (next && asked.every(({ text }) => text !== next.text)) asked.push(next);
  }
  return { scene, asked };
};

const tryAsk = (
  random: Random,
  world: World,
  { scene, heldOut }: { scene: Scene; heldOut: HeldOut },
): PlainAsked | undefined => {
  const wanted = drawWanted(random, world, below(random, world.maxHops + 1));
  const source = random() < 0.5 ? scene : drawScene(random, world, heldOut);
  const question = drawQuestion(random, world, { scene: source, touched: [] }, wanted);
  const answer = question && answerTo(question, scene);
  return question && answer !== undefined
    ? { question, text: say(question), answer, hops: hopsIn(question) }
    : undefined;
};
