import type { Model } from '../checkpoints/model-file.ts';
import type { Feeds } from '../data/batch.ts';
import { createTokenizer, type Tokenizer } from '../data/tokenizer.ts';
import type { Numbers } from '../engine/numbers.ts';
import { concat } from '../engine/ops.ts';
import type { Compile } from '../engine/runtime/session.ts';
import type { Tensor } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import type { FeatureGraphs, ModelConfig } from '../model/config.ts';
import { type Hash, identityOf } from './identity.ts';
import type { KeptFeatures } from './kept-features.ts';
import { type LazySession, openLazily } from './lazy-session.ts';
import { openScan, type WantedAnswers } from './scan-sessions.ts';

/**
 * A model ready to run: teacher, student or retriever. It owns its inference sessions: close it, or let `await using`
 * do it. Each part is compiled when it is first used. Calls may overlap; each session takes them one after the other.
 *
 * Features are what a dual encoder keeps of an image, and what is left of a text: each modality's half of the first
 * layer of the interaction f, A [t; v] = A_t t + A_v v, or, of a retriever, vectors of length 1 whose dot product says
 * how well they fit. A fusion encoder has none.
 */
export interface Predictor extends AsyncDisposable {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** Size of a feature vector; 0 for a fusion encoder. Of a model of two images, an image's as the first and as the second. */
  readonly width: number;
  /**
   * Hash of all that decides an image's features: the sizes, how pictures are read, and every parameter that they depend on. Computed once.
   */
  identity(): string;
  /** Features of texts: feeds as `collate` makes them → [texts, width]. @throws UserError for a fusion encoder. */
  textFeatures(feeds: Feeds): Promise<Numbers<Float32Array>>;
  /** Features of images: feeds as `collate` makes them → [images, width]. @throws UserError for a fusion encoder. */
  imageFeatures(feeds: Feeds): Promise<Numbers<Float32Array>>;
  /**
   * Logits from features: of one text [1, width] about many images [images, width], or of as many texts as images.
   * → [images, answers]
   *
   * @throws UserError for a fusion encoder, a retriever, and a model that answers about two images together.
   */
  answerFeatures(text: Numbers, images: Numbers): Promise<Numbers<Float32Array>>;
  /**
   * Half of the first layer of the head over two images: of one text [1, text width], and of images [images, text width]
   * by their features as the first or the second image. → [images, text width]
   *
   * @throws UserError for a model that does not answer about two images, and a fusion encoder.
   */
  pairHalves(text: Numbers, images: Numbers, place: 'first' | 'second'): Promise<Numbers<Float32Array>>;
  /** Logits of pairs from the sums of both halves: [pairs, text width] → [pairs, answers]. @throws UserError as `pairHalves`. */
  pairLogits(halves: Numbers): Promise<Numbers<Float32Array>>;
  /**
   * Scores every text about every image, from the features [texts, width] of the one and what is kept of the other: logits
   * [texts * images, answers], of a retriever cosines [texts, images]. A call runs on one thread, so that as many may
   * overlap as the model has threads.
   *
   * @param wanted the answers that are wanted. Default: all.
   * @throws UserError for a fusion encoder, and a model that answers about two images together.
   */
  scanFeatures(texts: Numbers, images: KeptFeatures, wanted?: WantedAnswers): Promise<Numbers<Float32Array>>;
  /** Number of threads it computes with. */
  readonly threads: number;
  /**
   * Logits of examples, text and images together: feeds as `collate` makes them → [examples, answers]. Of a fusion
   * encoder for retrieval its scores, [examples, 1].
   *
   * @throws UserError for a retriever.
   */
  logits(feeds: Feeds): Promise<Numbers<Float32Array>>;
  /** Frees the sessions. Calls under way end first, and calls after it throw. */
  close(): Promise<void>;
}

/** Computer of a predictor: Node's, or a browser's. */
export interface Computer {
  readonly compile: Compile;
  /** Begins a SHA-256. */
  readonly createHash: () => Hash;
  readonly threads: number;
}

/**
 * Makes a model ready to run on a computer; `openPredictor` does it where Node is. Its weights are read where they lie and
 * must not change until it is closed.
 */
export const predictorOn = (model: Model, { compile, createHash, threads }: Computer): Predictor => {
  const { config } = model;
  const graphs = config.purpose.graphs(config);
  const sessions: LazySession[] = [];
  const open: Open = (graph, threadsOfOne = threads) => {
    const session = openLazily(graph, model, (outputs, options) =>
      compile(outputs, { ...options, threads: threadsOfOne }),
    );
    sessions.push(session);
    return session.run;
  };
  const close = async (): Promise<void> => {
    await Promise.all(sessions.map((session) => session.close()));
  };
  return {
    config,
    tokenizer: createTokenizer(config.vocabulary, config.words),
    threads,
    ...featureCalls(model, graphs.features, { open, createHash }),
    scanFeatures: scanFeaturesOf(config, graphs.features, { open, threads }),
    logits: graphs.pairs ? open(graphs.pairs) : refuse(comparesOnly(config)),
    close,
    [Symbol.asyncDispose]: close,
  };
};

/** Opens a session of a graph; where it is not said, with all threads. */
type Open = (graph: () => Tensor, threads?: number) => LazySession['run'];

type FeatureCalls = Pick<
  Predictor,
  'width' | 'identity' | 'textFeatures' | 'imageFeatures' | 'answerFeatures' | PairCall
>;
type PairCall = 'pairHalves' | 'pairLogits';

const featureCalls = (
  model: Model,
  graphs: FeatureGraphs | undefined,
  { open, createHash }: Pick<Computer, 'createHash'> & { readonly open: Open },
): FeatureCalls => {
  const { config } = model;
  if (!graphs) {
    const mute = refuse(encodesTogether(config));
    const identity = (): never => {
      throw encodesTogether(config);
    };
    return {
      width: 0,
      identity,
      textFeatures: mute,
      imageFeatures: mute,
      answerFeatures: mute,
      pairHalves: mute,
      pairLogits: mute,
    };
  }
  const identity = identityOf(model, graphs.image, createHash);
  return {
    width: config.images * graphs.width,
    identity,
    textFeatures: open(graphs.text),
    imageFeatures: open(() => (config.images === 1 ? graphs.image() : concat([graphs.image(1), graphs.image(2)], 1))),
    answerFeatures: answerCalls(config, graphs, open),
    ...pairCalls(config, graphs, open),
  };
};

const pairCalls = (config: ModelConfig, { pairs }: FeatureGraphs, open: Open): Pick<Predictor, PairCall> => {
  if (!pairs) {
    const mute = refuse(answersAboutOne(config));
    return { pairHalves: mute, pairLogits: mute };
  }
  const halves = { first: open(() => pairs.half('first')), second: open(() => pairs.half('second')) };
  const judge = open(pairs.judge);
  return {
    pairHalves: (text, images, place) => halves[place]({ text_shares: text, image_shares: images }),
    pairLogits: (halves) => judge({ halves }),
  };
};

const answerCalls = (config: ModelConfig, { answer }: FeatureGraphs, open: Open): Predictor['answerFeatures'] => {
  if (!answer) return refuse(comparesOnly(config));
  if (config.images !== 1) return refuse(answersAboutTwo(config));
  const [ofOneText, ofManyTexts] = [open(() => answer(1)), open(() => answer('images'))];
  return (text, images) => (text.shape[0] === 1 ? ofOneText : ofManyTexts)({ text_shares: text, image_shares: images });
};

const scanFeaturesOf = (
  config: ModelConfig,
  graphs: FeatureGraphs | undefined,
  sessions: { readonly open: Open; readonly threads: number },
): Predictor['scanFeatures'] => {
  if (!graphs) return refuse(encodesTogether(config));
  return graphs.scan ? openScan(config, graphs.scan, sessions) : refuse(answersAboutTwo(config));
};

const refuse = (error: UserError) => async (): Promise<never> => {
  throw error;
};

const encodesTogether = ({ architecture, task }: ModelConfig): UserError =>
  new UserError(
    `the model (${architecture.name}, ${task}) is a fusion encoder, which encodes no image without a text: give a student (dual encoder) distilled from it`,
  );

const comparesOnly = ({ architecture, task }: ModelConfig): UserError =>
  new UserError(
    `the model (${architecture.name}, ${task}) finds images by texts and answers nothing: search with it, or give a model that answers`,
  );

const answersAboutTwo = ({ task, images }: ModelConfig): UserError =>
  new UserError(`the model (${task}) answers about ${images} images together: give one that answers about one image`);

const answersAboutOne = ({ task }: ModelConfig): UserError =>
  new UserError(`the model (${task}) does not judge two images together: give a student of NLVR2`);

/** @throws UserError where images cannot be encoded alone. */
export const checkEncodesImages = ({ config }: Pick<Predictor, 'config'>): void => {
  if (!config.architecture.towers) throw encodesTogether(config);
};

/** @throws UserError where a model does not judge two images together, or cannot encode them alone. */
export const checkJudgesPairs = ({ config }: Pick<Predictor, 'config'>): void => {
  checkEncodesImages({ config });
  if (config.images !== 2) throw answersAboutOne(config);
};

/** @throws UserError where a model answers nothing, or cannot answer from features. */
export const checkAnswers = ({ config }: Pick<Predictor, 'config'>): void => {
  checkEncodesImages({ config });
  if (!config.purpose.logits) throw comparesOnly(config);
  if (config.images !== 1) throw answersAboutTwo(config);
};

/** @throws UserError where features are no vectors to compare. */
export const checkCompares = ({ config }: Pick<Predictor, 'config'>): void => {
  const { features } = config.purpose.graphs(config);
  if (!features) throw encodesTogether(config);
  if (!features.answer) return;
  throw new UserError(
    `the model (${config.architecture.name}, ${config.task}) answers questions and was not trained to retrieve: ask it, or give a student of retrieval`,
  );
};
