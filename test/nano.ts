import { encodePng } from '../src/data/image.ts';
import { answersOf, vocabularyOf } from '../src/data/scenes/vocabulary.ts';
import { type World, worlds } from '../src/data/scenes/world.ts';
import { writeScenes } from '../src/data/scenes/write.ts';
import { SPECIAL_PIECES } from '../src/data/words.ts';
import { tiny } from '../src/models/sizes.ts';
import type { Description } from '../src/weights/description.ts';

/** A world so small that a tiny model learns something of it in seconds. */
export const nanoWorld: World = { ...worlds.mini, name: 'nano', maxHops: 0 };

/** Writes the nano world's questions: some hundred for training, a few dozen for validation. */
export const writeNano = (folder: string, train = 64): Promise<unknown> =>
  writeScenes(folder, { seed: 1, view: 'vqa', world: nanoWorld, sizes: { train, validation: 12 }, encodePng });

const vocabulary = [...SPECIAL_PIECES, ...vocabularyOf(nanoWorld)];

/** A tiny model that reads and answers the nano world's questions. */
export const nanoDescription = (model: Description['model']): Description => ({
  model,
  sizes: { ...tiny, vocabulary: vocabulary.length },
  task: 'vqa',
  images: 1,
  scoring: 'sigmoid',
  answers: answersOf(nanoWorld),
  vocabulary,
  recipe: {},
});
