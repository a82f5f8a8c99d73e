import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { descriptionOf } from '../checkpoints/description.ts';
import type { Model } from '../checkpoints/model-file.ts';
import { saveModel } from '../checkpoints/save-model.ts';
import { explainDisk } from '../files/disk-errors.ts';
import { type Pushed, type PushOptions, pushFiles } from '../hub/push.ts';
import type { ModelConfig } from '../model/config.ts';
import { type CardFacts, modelCard } from './model-card.ts';

/** Options of `pushModel`. */
export interface PushModelOptions extends PushOptions {
  readonly card: CardFacts;
  /** A card that is there already: kept (default), since people write on it, or replaced. */
  readonly oldCard?: 'keep' | 'replace' | undefined;
  /** Type of the weights in the file. Default `F32`; `F16` halves it. */
  readonly dtype?: 'F32' | 'F16' | undefined;
}

/**
 * Pushes a model to the Hub in one commit: `model.safetensors`, `config.json`, and `README.md`, a card made from the
 * model's recipe and the given facts. The repository is made if need be. `loadModel(id)` gives the model back.
 *
 * @param id `org/name`, or `org/name@branch`.
 * @throws UserError where there is no token, it may not write there, or the Hub cannot be reached; nothing is pushed then.
 */
export const pushModel = async (id: string, model: Model, options: PushModelOptions): Promise<Pushed> => {
  const { card, oldCard = 'keep', dtype, ...pushing } = options;
  const folder = await mkdtemp(join(tmpdir(), 'dide-push-'));
  try {
    return await pushFiles(
      id,
      async (there) => {
        const at = (name: string): string => join(folder, name);
        await saveModel(at('model.safetensors'), model, { dtype });
        await writeFile(at('config.json'), `${JSON.stringify(configJson(model.config), null, 2)}\n`);
        await writeFile(at('README.md'), modelCard(id.split('@')[0]!.replace(/^hf:/, ''), model.config, card));
        const names = ['model.safetensors', 'config.json'];
        if (oldCard === 'replace' || !there.includes('README.md')) names.push('README.md');
        return new Map(names.map((name) => [name, at(name)]));
      },
      pushing,
    );
  } catch (error) {
    throw explainDisk(folder, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Config for people and for the Hub's search; `loadModel` reads the one in the file of weights. */
const configJson = (config: ModelConfig): object => {
  const { answers, vocabulary, model, ...description } = descriptionOf(config);
  return {
    model_type: 'dide',
    architectures: [model],
    ...description,
    vocabulary: vocabulary.length,
    ...(answers.length > 0 && { id2label: Object.fromEntries(answers.map((answer, i) => [i, answer])) }),
  };
};
