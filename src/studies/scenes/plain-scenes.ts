import { below, mulberry32, type Random } from '../mulberry32.ts';
import { drawQuestion, drawSpec } from './draw.ts';
import { hopsIn, type Question, questionText } from './grammar.ts';
import { answerTo } from './meaning.ts';
import { drawScene, type HeldOut, type Scene, type World } from './world.ts';

/** A question about one image with its answer. */
export interface PlainAsked {
  readonly question: Question;
  readonly text: string;
  readonly answer: string;
  readonly hops: number;
}

/** An image with questions about it. */
export interface PlainScene {
  readonly scene: Scene;
  readonly asked: readonly PlainAsked[];
}

/** Attempts, after which an image has fewer questions. */
const DRAWS = 60;

/**
 * Draws a single image with questions, for learning words and attributes before minimal pairs require them to be bound.
 * Half of the questions are drawn from another image, or every "is there" would be answered yes. Some images have a
 * single object.
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
  const spec = drawSpec(random, world, below(random, world.maxHops + 1));
  const source = random() < 0.5 ? scene : drawScene(random, world, heldOut);
  const question = drawQuestion(random, world, { scene: source, touched: [] }, spec);
  const answer = question && answerTo(question, scene);
  return question && answer !== undefined
    ? { question, text: questionText(question), answer, hops: hopsIn(question) }
    : undefined;
};
