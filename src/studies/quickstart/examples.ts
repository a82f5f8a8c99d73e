import {
  bestOf,
  collate,
  createTokenizer,
  type ImageSource,
  preprocessorFor,
  probabilityOf,
  readImageBytes,
} from '../../data.ts';
import { type Example, type Model, openPredictor } from '../../index.ts';
import {
  attentionDivergence,
  crossAttention,
  type WordAttention,
  wordAttention,
} from '../attention/cross-attention.ts';
import type { ExampleReport } from './content.ts';

/** Answers and text-to-image attention of every model for some examples, the teacher's first. */
export const exampleReports = async (
  models: Readonly<Record<string, Model>>,
  examples: readonly Example[],
  { threads }: { readonly threads?: number | undefined } = {},
): Promise<ExampleReport[]> => {
  const seen = await Promise.all(
    Object.entries(models).map(async ([name, model]) => ({ name, of: await look(model, examples, threads) })),
  );
  const { vocabulary, sizes } = Object.values(models)[0]!.config;
  const tokenizer = createTokenizer(vocabulary);
  return Promise.all(
    examples.map(async (example, i) => ({
      image: await dataUri(example.images[0]!),
      rows: seen[0]!.of[i]!.rows,
      columns: seen[0]!.of[i]!.columns,
      text: example.text,
      words: tokenizer.encode(example.text, { limit: sizes.words }).pieces,
      truth: example.answers[0]?.answer ?? '',
      models: seen.map(({ name, of }) => ({
        name,
        answer: of[i]!.answer,
        probability: of[i]!.probability,
        textToImage: of[i]!.attention.patches,
        kl: attentionDivergence(seen[0]!.of[i]!.attention, of[i]!.attention),
      })),
    })),
  );
};

/** An image file as a data URI. */
export const dataUri = async (image: ImageSource): Promise<string> =>
  `data:image/png;base64,${Buffer.from(await readImageBytes(image)).toString('base64')}`;

interface Look {
  readonly answer: string;
  readonly probability: number;
  readonly attention: WordAttention;
  readonly rows: number;
  readonly columns: number;
}

const look = async (model: Model, examples: readonly Example[], threads: number | undefined): Promise<Look[]> => {
  const { config } = model;
  const preprocessor = preprocessorFor(config, { batch: examples.length });
  const encoded = await Promise.all(examples.map((example) => preprocessor.prepare(example)));
  const feeds = collate(encoded, preprocessor.collate);
  const { textToImage } = await crossAttention(model, feeds, { threads });
  await using predictor = await openPredictor(model, { threads });
  const logits = await predictor.logits(feeds);
  return bestOf(logits).map((best, i) => {
    const { words, images } = encoded[i]!;
    const { rows, columns } = images[0]!;
    return {
      answer: config.answers[best]!,
      probability: probabilityOf(logits, [i, best], config.scoring),
      attention: wordAttention(textToImage, i, { words: words.length, patches: rows * columns }),
      rows,
      columns,
    };
  });
};
