import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readVocabulary } from '../../data/vocabulary-file.ts';
import { UserError } from '../../errors.ts';
import { readBeside } from './config.ts';

const tokenSchema = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();

const addedSchema = z.looseObject({
  content: z.string(),
  single_word: z.boolean().optional(),
  normalized: z.boolean().optional(),
  special: z.boolean().optional(),
});

const part = z.looseObject({ type: z.string() }).nullish();

const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    type: z.string().optional(),
    vocab: z.unknown(),
    continuing_subword_prefix: z.string().optional(),
    max_input_chars_per_word: z.number().optional(),
  }),
  normalizer: part,
  pre_tokenizer: part,
  post_processor: z
    .looseObject({
      type: z.string(),
      single: z.array(z.record(z.string(), z.looseObject({ id: z.string() }))).optional(),
    })
    .nullish(),
  added_tokens: z.array(addedSchema.extend({ id: z.int().nonnegative() })).optional(),
});

const configSchema = z.looseObject({
  tokenizer_class: z.string().nullish(),
  do_lower_case: z.boolean().nullish(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().nullish(),
  do_basic_tokenize: z.boolean().nullish(),
  never_split: z.array(z.string()).nullish(),
  truncation_side: z.string().nullish(),
  added_tokens_decoder: z.record(z.string(), addedSchema).nullish(),
  pad_token: tokenSchema,
  unk_token: tokenSchema,
  cls_token: tokenSchema,
  sep_token: tokenSchema,
  mask_token: tokenSchema,
});

/** A token that was added to a vocabulary, with its id. */
export type AddedToken = z.infer<typeof addedSchema> & { readonly id: number };

/** Contents of the files of a tokenizer that stand beside weights. */
export interface TokenizerFiles {
  /** `tokenizer_config.json`. */
  readonly config: z.infer<typeof configSchema> | undefined;
  /** Normalizer of `tokenizer.json`. */
  readonly normalizer: Readonly<Record<string, unknown>> | undefined;
  /** Pieces by id, of `tokenizer.json` or `vocab.txt`; holes where an id has none. Undefined without these files. */
  readonly vocabulary: readonly (string | undefined)[] | undefined;
  readonly added: readonly AddedToken[];
  /** Name of the file that has the pieces. */
  readonly name: string;
  /** Sentences about what is not followed. */
  readonly notices: readonly string[];
}

/**
 * Reads the files of a tokenizer beside weights. Where there is a `tokenizer.json`, its pieces are taken and `vocab.txt`
 * is not read, as in transformers.
 *
 * @throws UserError where they are those of another tokenizer than BERT's WordPiece.
 */
export const readTokenizerFiles = async (weights: string): Promise<TokenizerFiles> => {
  const read = <T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> =>
    readBeside(weights, name, { schema, what: 'file of a tokenizer' });
  const config = await read('tokenizer_config.json', configSchema);
  const tokenizer = await read('tokenizer.json', tokenizerSchema);
  const ids = (await read('added_tokens.json', z.record(z.string(), z.int().nonnegative()))) ?? {};
  const decoder = Object.entries(config?.added_tokens_decoder ?? {});
  const added = [
    ...Object.entries(ids).map(([content, id]) => ({ content, id })),
    ...decoder.map(([id, token]) => ({ ...token, id: Number(id) })),
    ...(tokenizer?.added_tokens ?? []),
  ];
  const file = (name: string): string => join(dirname(weights), name);
  if (tokenizer) {
    checkWordPiece(tokenizer, file('tokenizer.json'));
    const { max_input_chars_per_word: longest = 100 } = tokenizer.model;
    const vocabulary = piecesById(tokenizer.model.vocab, file('tokenizer.json'));
    const normalizer = tokenizer.normalizer ?? undefined;
    const notices =
      longest === 100
        ? []
        : [`tokenizer.json: its model.max_input_chars_per_word, ${longest}, is not followed: it is 100`];
    return { config, normalizer, vocabulary, added, name: 'tokenizer.json', notices };
  }
  const kind = config?.tokenizer_class;
  if (kind && !isBertTokenizer(kind)) {
    throw new UserError(
      `${file('tokenizer_config.json')}: its tokenizer_class is ${kind}: only BERT's WordPiece is read`,
    );
  }
  const hasVocabulary = existsSync(file('vocab.txt'));
  const vocabulary = hasVocabulary ? await readLines(file('vocab.txt'), config) : undefined;
  return { config, normalizer: undefined, vocabulary, added, name: 'vocab.txt', notices: [] };
};

/** Whether a tokenizer_class is BERT's, whose fields are followed, or one of those that read texts as it does. */
export const isBertTokenizer = (kind: string): boolean =>
  /^(?:Bert|DistilBert|MobileBert|SqueezeBert|ConvBert|Electra)Tokenizer(?:Fast)?$/.test(kind);

/** Lines of a vocab.txt. Its special pieces are checked once they have their usual names. */
const readLines = async (path: string, config: TokenizerFiles['config']): Promise<string[]> =>
  await readVocabulary(path, config ? [] : undefined);

/** @throws UserError where a tokenizer.json is not of BERT's kind. */
const checkWordPiece = (tokenizer: z.infer<typeof tokenizerSchema>, path: string): void => {
  const { model, normalizer, pre_tokenizer, post_processor } = tokenizer;
  const check = (field: string, is: string | undefined, wanted: readonly string[]): void => {
    if (is !== undefined && wanted.includes(is)) return;
    throw new UserError(
      `${path}: its ${field} is ${is ?? 'null'}, not ${wanted.join(' or ')}: only BERT's WordPiece is read`,
    );
  };
  check('model.type', model.type ?? 'WordPiece', ['WordPiece']);
  check('model.continuing_subword_prefix', model.continuing_subword_prefix ?? '##', ['##']);
  check('normalizer', normalizer?.type, ['BertNormalizer']);
  if (normalizer?.clean_text === false) check('normalizer.clean_text', 'false', ['true']);
  check('pre_tokenizer', pre_tokenizer?.type, ['BertPreTokenizer']);
  check('post_processor', post_processor?.type, ['TemplateProcessing', 'BertProcessing']);
  const { single } = post_processor ?? {};
  const template = single?.flatMap((one) =>
    Object.entries(one).map(([of, { id }]) => (of === 'Sequence' ? `$${id}` : id)),
  );
  if (template && !/^\S+ \$A \S+$/.test(template.join(' ')))
    check('post_processor.single', template.join(' ') || 'empty', ['[CLS] $A [SEP]']);
};

/** Most pieces of a vocabulary; an id beyond them is no row of a table. */
const MOST_PIECES = 2 ** 22;

const piecesById = (vocab: unknown, path: string): readonly (string | undefined)[] => {
  const parsed = z.record(z.string(), z.int().nonnegative().max(MOST_PIECES)).safeParse(vocab);
  if (!parsed.success) throw new UserError(`${path}: its model.vocab does not give each piece an id: get it again`);
  const pieces: (string | undefined)[] = [];
  for (const [piece, id] of Object.entries(parsed.data)) pieces[id] = piece;
  return pieces;
};
