import { dirname } from 'node:path';
import { SPECIAL_PIECES } from '../../data/tokenizer.ts';
import { bertVocabulary } from '../../data/vocabulary-file.ts';
import { UserError } from '../../errors.ts';
import type { AddedPiece, WordRules } from '../../model/config.ts';
import { type AddedToken, isBertTokenizer, readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.ts';

/** Vocabulary of a model, and how it reads texts. */
export interface WordsBeside {
  /** Word pieces by id, one for each row of the model's word table. */
  readonly vocabulary: string[];
  /** Undefined where texts are read as by BERT's uncased WordPiece. */
  readonly words?: WordRules | undefined;
  /** Sentences about what is not followed, and about rows that no text reaches. */
  readonly notices: readonly string[];
}

/** Sources of a vocabulary. */
interface WordSources {
  readonly vocabulary?: readonly string[] | undefined;
  /** Whether a config.json stands beside the file, which then has files of its tokenizer, too. */
  readonly config?: object | undefined;
  readonly path: string;
}

/**
 * Finds the vocabulary of a model: the one that is passed, that of `tokenizer.json` or `vocab.txt` beside the file, or
 * BERT's; and how it reads texts, as `tokenizer_config.json` and `tokenizer.json` say.
 *
 * @param rows number of rows of the model's word table. Where it has more than there are pieces, as tables that were
 * padded have, no text reaches the others.
 * @throws UserError where a file cannot be read, is of another kind of tokenizer, or has not as many pieces as the table
 * has rows.
 */
export const readWordsBeside = async (rows: number, sources: WordSources): Promise<WordsBeside> => {
  const files = await readTokenizerFiles(sources.path);
  const { pieces, notices } = await findPieces(rows, sources, files);
  const added = pieces.isOwn ? files.added : [];
  const named = renameSpecial(withAdded(pieces.list, added), files.config, sources.path);
  const rules = rulesOf(files, added, named.renamed);
  return {
    vocabulary: fitToRows(named.vocabulary, rows, { ...sources, isOwn: pieces.isOwn, name: pieces.name }),
    ...(isUsual(rules) ? {} : { words: rules }),
    notices: [
      ...notices,
      ...files.notices,
      ...named.notices,
      ...unfollowed(files),
      ...paddingOf(named.vocabulary, rows),
    ],
  };
};

interface Pieces {
  readonly list: readonly (string | undefined)[];
  /** Whether they are those of the files beside the weights. */
  readonly isOwn: boolean;
  readonly name: string;
}

const findPieces = async (
  rows: number,
  { vocabulary, config, path }: WordSources,
  files: TokenizerFiles,
): Promise<{ readonly pieces: Pieces; readonly notices: readonly string[] }> => {
  if (vocabulary) return { pieces: { list: vocabulary, isOwn: false, name: 'the vocabulary' }, notices: [] };
  if (files.vocabulary) return { pieces: { list: files.vocabulary, isOwn: true, name: files.name }, notices: [] };
  const bert = await bertVocabulary();
  if (files.config && rows !== bert.length) {
    throw new UserError(
      `${dirname(path)}: it has a tokenizer_config.json but neither tokenizer.json nor vocab.txt: put one there, or name the words (--vocabulary FILE)`,
    );
  }
  const said =
    config === undefined
      ? []
      : ['neither tokenizer.json nor vocab.txt is beside it: its words are taken to be those of bert-base-uncased'];
  return { pieces: { list: bert, isOwn: false, name: 'the vocabulary of BERT' }, notices: said };
};

const withAdded = (pieces: readonly (string | undefined)[], added: readonly AddedToken[]): (string | undefined)[] => {
  const all = [...pieces];
  for (const { content, id } of added) if (id < 2 * pieces.length + added.length) all[id] = content;
  return all;
};

/** Name of a row that has no piece: brackets and a space, so that no text is split into it. */
const nameOfRow = (id: number): string => `[row ${id}]`;

/** Gives each row a piece. @throws UserError where there are more pieces, or far fewer. */
const fitToRows = (
  pieces: readonly (string | undefined)[],
  rows: number,
  { path, isOwn, name }: WordSources & Omit<Pieces, 'list'>,
): string[] => {
  const isFit = pieces.length === rows || (pieces.length < rows && (isOwn || 2 * pieces.length > rows));
  if (isFit) return Array.from({ length: rows }, (_, id) => pieces[id] ?? nameOfRow(id));
  throw new UserError(
    `${path}: its word table has ${rows} rows and ${name} ${pieces.length} pieces: put its vocab.txt beside it, or name one (--vocabulary FILE)`,
  );
};

const paddingOf = ({ length }: readonly unknown[], rows: number): string[] => {
  if (length >= rows) return [];
  return [
    `its word table has ${rows} rows and its vocabulary ${length} pieces: no text reaches the other ${rows - length}`,
  ];
};

const roles = {
  pad_token: '[PAD]',
  unk_token: '[UNK]',
  cls_token: '[CLS]',
  sep_token: '[SEP]',
  mask_token: '[MASK]',
} as const;

/**
 * Gives the special pieces their usual names.
 *
 * @throws UserError where one has the name of a word, or is not there.
 */
const renameSpecial = (
  pieces: readonly (string | undefined)[],
  config: TokenizerFiles['config'],
  path: string,
): {
  readonly vocabulary: (string | undefined)[];
  readonly renamed: ReadonlySet<string>;
  readonly notices: string[];
} => {
  const vocabulary = [...pieces];
  const renamed = new Map<string, string>();
  for (const [role, usual] of Object.entries(roles)) {
    const token = config?.[role as keyof typeof roles];
    const name = typeof token === 'object' && token ? token.content : token;
    if (!name || name === usual) continue;
    const at = vocabulary.indexOf(name);
    if (/^[\p{L}\p{N}]+$/u.test(name) || vocabulary.includes(usual) || at < 0) {
      const why =
        at < 0 ? 'which is none of its pieces' : vocabulary.includes(usual) ? `beside a piece ${usual}` : 'a word';
      throw new UserError(
        `${dirname(path)}: the ${role} of its tokenizer is ${JSON.stringify(name)}, ${why}: such a tokenizer is not read`,
      );
    }
    vocabulary[at] = usual;
    renamed.set(name, usual);
  }
  const missing = SPECIAL_PIECES.filter((piece) => !vocabulary.includes(piece));
  if (missing.length > 0) {
    throw new UserError(
      `${path}: its vocabulary of ${pieces.length} pieces lacks ${missing.join(', ')}: put its tokenizer_config.json beside it, which says what they are called there, or name another (--vocabulary FILE)`,
    );
  }
  const notices = [...renamed].map(([name, usual]) => `its special piece ${name} is called ${usual} here`);
  return { vocabulary, renamed: new Set(renamed.keys()), notices };
};

/** Rules of the files: those of tokenizer_config.json where it is BERT's, as in transformers, or of tokenizer.json. */
const rulesOf = (files: TokenizerFiles, added: readonly AddedToken[], renamed: ReadonlySet<string>): WordRules => {
  const { lowercase, accents, chinese } = bertFields(files);
  const special = new Set<string>([...SPECIAL_PIECES, ...renamed]);
  return {
    letters: lowercase ? 'lower-case' : 'as-is',
    accents: (accents ?? lowercase) ? 'removed' : 'kept',
    chinese: chinese ? 'apart' : 'as-is',
    added: [...new Map(added.map((token) => [token.content, token])).values()]
      .filter(({ content }) => !special.has(content))
      .map(
        ({ content, normalized, special: isSpecial = false, single_word }): AddedPiece => ({
          piece: content,
          foundIn: (normalized ?? !isSpecial) ? 'normalized' : 'text',
          as: single_word ? 'word' : 'anything',
        }),
      ),
  };
};

const bertFields = ({ config, normalizer }: TokenizerFiles) => {
  if (config && isBertTokenizer(config.tokenizer_class ?? 'BertTokenizer')) {
    const { do_lower_case, strip_accents, tokenize_chinese_chars } = config;
    return {
      lowercase: do_lower_case ?? true,
      accents: strip_accents ?? null,
      chinese: tokenize_chinese_chars ?? true,
    };
  }
  const { lowercase = true, strip_accents = null, handle_chinese_chars = true } = normalizer ?? {};
  return {
    lowercase: lowercase === true,
    accents: strip_accents as boolean | null,
    chinese: handle_chinese_chars === true,
  };
};

const isUsual = ({ letters, accents, chinese, added }: WordRules): boolean =>
  letters === 'lower-case' && accents === 'removed' && chinese === 'apart' && added.length === 0;

/** Sentences about fields that are not followed. */
const unfollowed = (files: TokenizerFiles): string[] => {
  const { config, normalizer } = files;
  const { lowercase } = bertFields(files);
  const notices: string[] = [];
  if (config?.never_split?.length)
    notices.push(`tokenizer_config.json: never_split (${config.never_split.join(', ')}) is not followed`);
  if (config?.do_basic_tokenize === false)
    notices.push('tokenizer_config.json: do_basic_tokenize false is not followed');
  if (config?.truncation_side === 'left')
    notices.push('tokenizer_config.json: truncation_side left is not followed: long texts lose their end');
  if (normalizer && normalizer.lowercase !== lowercase) {
    notices.push(
      `tokenizer.json has lowercase ${normalizer.lowercase} and tokenizer_config.json do_lower_case ${lowercase}, which is followed, as in transformers; the former differs`,
    );
  }
  return notices;
};
