import type { Lesson } from './recipes.ts';

/** A lesson with a few updates on a few images, for trying out and for tests: nothing is learnt. */
export const tinyLesson = ({ scenes, training }: Lesson): Lesson => ({
  scenes: { ...scenes, pairs: 24, heldOutPairs: 8 },
  training: { ...training, batch: Math.min(8, training.batch), updates: 4, validateEvery: 2 },
});
