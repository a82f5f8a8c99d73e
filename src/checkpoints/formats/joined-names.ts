import type { Numbers } from '../../engine/numbers.ts';

/** A file of weights: its tensors by name, and a function that reads the numbers of one. */
interface NamedTensors<T> {
  readonly tensors: ReadonlyMap<string, T>;
  read(name: string, into?: Float32Array): Promise<Numbers>;
}

/** The table of words of a ViLT or DiDE, by the end of its name. */
const WORD_TABLE = /(?:^|\.)text_embeddings\.word_embeddings\.weight$/;

/** The word table under a name whose parts are joined. */
const JOINED_TABLE = /text_embeddings_?word_embeddings_?weight$/;

/** Marks that codes put where the dots of a name were, since buffers may have none: `ema_vilt_…`, LitEma's `model_ema.vilt…`. */
const JOINERS = ['_', ''];

/** The name of a tensor whose parts are joined, as a moving average keeps it in buffers; undefined where there is none. */
export const joinedName = (names: Iterable<string>): string | undefined =>
  [...names].find((name) => JOINED_TABLE.test(name));

/**
 * A file in which names that are joined have their dots again, `ema.vilt.…` for `ema_vilt_…`, by those of the weights
 * that they are an average of. Without such weights beside them they stay as they are.
 */
export const withDots = <T, File extends NamedTensors<T>>(file: File & NamedTensors<T>): File => {
  const { tensors, read } = file;
  if (joinedName(tensors.keys()) === undefined) return file;
  const joined = new Map<string, string>();
  for (const table of tensors.keys()) {
    if (!WORD_TABLE.test(table)) continue;
    for (const set of setsOf(table, tensors)) {
      for (const name of tensors.keys()) {
        const bare = name.startsWith(set.lead) ? name.slice(set.lead.length) : undefined;
        const source = bare === undefined ? '' : set.prefix + bare.replaceAll('.', set.joiner);
        if (bare?.includes('.') && source !== name && tensors.has(source)) joined.set(source, `${set.name}.${bare}`);
      }
    }
  }
  const sources = new Map([...joined].map(([source, name]) => [name, source]));
  return {
    ...file,
    tensors: new Map([...tensors].map(([name, tensor]) => [joined.get(name) ?? name, tensor])),
    read: (name, into) => read(sources.get(name) ?? name, into),
  };
};

/** A set of joined names, and the names that they are made of. */
interface JoinedSet {
  /** Beginning of the names with dots that the joined ones lack: `model.`. */
  readonly lead: string;
  /** Beginning of the joined names: `ema_`. */
  readonly prefix: string;
  readonly joiner: string;
  /** Name of the set: `ema`. */
  readonly name: string;
}

/** The sets of joined names in which there is this table of words. */
const setsOf = (table: string, tensors: ReadonlyMap<string, unknown>): JoinedSet[] => {
  const parts = table.split('.');
  return JOINERS.flatMap((joiner) => {
    for (let start = 0; start <= parts.indexOf('text_embeddings'); start += 1) {
      const end = parts.slice(start).join(joiner);
      const found = [...tensors.keys()].filter((name) => name !== table && name.endsWith(end));
      if (found.length === 0) continue;
      const lead = parts.slice(0, start).join('.');
      return found.map((name) => {
        const prefix = name.slice(0, -end.length);
        const own = prefix.replace(/[._]+$/, '') || 'joined';
        return { lead: lead === '' ? '' : `${lead}.`, prefix, joiner, name: own };
      });
    }
    return [];
  });
};
