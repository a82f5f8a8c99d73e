/**
 * Source of the page's answers: a service (`service-source.ts`), or a student that runs in the tab
 * (`tab-source.ts`) where the page is a folder of files with a `site.json` beside its `index.html`.
 */

/** A collection of pictures that can be asked. All paths are below its folder. */
export interface Source {
  /** Content and abilities of a source. */
  about(signal?: AbortSignal): Promise<About>;
  /** A range of the pictures that a filter lets through, in an order. */
  pictures(filter: PictureFilter, range: PictureRange, signal?: AbortSignal): Promise<PictureList>;
  /** The bytes of a small image of a picture, whose longer side has about `side` pixels (default 256). */
  thumbnail(path: string, options?: ThumbnailOptions, signal?: AbortSignal): Promise<Blob>;
  /** Asks a question of every picture that the filter lets through. */
  ask(question: Question, options: AskOptions, signal?: AbortSignal): Promise<Asked>;
  /** The pictures that are most like one, the most alike first, itself left out. */
  like(path: string, top: number, signal?: AbortSignal): Promise<readonly LikePicture[]>;
  /** The most probable answers to a question about one picture, the best first. */
  answers(path: string, question: string, top: number, signal?: AbortSignal): Promise<readonly RankedAnswer[]>;
  /** Computes the attention of each word of a question over a picture; absent where nothing here can. */
  readonly explain?: ((path: string, question: string, signal?: AbortSignal) => Promise<Explained>) | undefined;
  /** Adds a picture under a path; absent where pictures cannot be added. Resolves once it can be asked. */
  readonly add?: ((file: Blob, path: string, signal?: AbortSignal) => Promise<Added>) | undefined;
}

/** Content and abilities of a source. */
export interface About {
  /** Name of the collection that is open. */
  readonly collection: string;
  /** Names of all collections, this one among them. */
  readonly collections: readonly string[];
  /** Number of pictures. */
  readonly pictures: number;
  /** Folders with pictures in them, by their paths, with how many are in each or below it. Empty: there are none. */
  readonly folders: readonly { readonly path: string; readonly pictures: number }[];
  /** First and last date of the pictures, `2024-07-14T18:30:00`; absent where there are none. */
  readonly dates?: { readonly first: string; readonly last: string } | undefined;
  /** Ability of the student: answers questions, judges hypotheses, or finds what fits a description. */
  readonly does: 'answers' | 'judges' | 'searches';
  /** Its name, for people. */
  readonly model: string;
  /** The answers that it can give, the most usual first; empty for one that searches. */
  readonly answers: readonly string[];
  /** Questions worth trying on these pictures. */
  readonly examples?: readonly string[] | undefined;
  /** Whether thumbnails can be had. */
  readonly hasThumbnails: boolean;
  /** Whether pictures can be added. */
  readonly canAdd: boolean;
  /** Names of the models of which `explain` shows the attention, the teacher first; empty where it cannot. */
  readonly explains: readonly string[];
  /** Description of the computer of the answers where it is this browser: `in WebAssembly on 4 threads`. */
  readonly computes?: string | undefined;
  /** Time in which a fusion model answers about one picture; absent where nobody measured it. */
  readonly fusion?: FusionCost | undefined;
}

/** Cost of the teacher, a fusion model, which must read each picture together with the question. */
export interface FusionCost {
  readonly milliseconds: number;
  /** Origin of the number, as a clause: `measured here`, `measured on another machine`. */
  readonly basis: string;
}

/** A picture of a collection. */
export interface Picture {
  readonly path: string;
  /** When it was taken or, where it does not say, when its file was last changed: clock time, `2024-07-14T18:30:00`. */
  readonly date: string;
}

/** Which pictures are meant; everything that is given must hold. */
export interface PictureFilter {
  /** Folder, with everything below it. */
  readonly folder?: string | undefined;
  /** First day, month or year: `2024`, `2024-07`, `2024-07-14`. */
  readonly from?: string | undefined;
  /** Last day, month or year, the whole of it. */
  readonly to?: string | undefined;
}

/** A part of an ordered list. */
export interface PictureRange {
  readonly from: number;
  readonly count: number;
  /** The newest first, or by path from A to Z. */
  readonly sort: 'date' | 'path';
}

/** A part of an ordered list of pictures, and how long the whole list is. */
export interface PictureList {
  readonly total: number;
  readonly pictures: readonly Picture[];
}

/** Size of a thumbnail. */
export interface ThumbnailOptions {
  /** Longer side in pixels. */
  readonly side?: number | undefined;
}

/** A question and the answer that counts. */
export interface Condition {
  readonly question: string;
  /** The answer that counts. Default: `yes` of a question of yes or no. */
  readonly answer?: string | undefined;
}

/** One question, and others whose answers must or must not be given, too: the probabilities are multiplied. */
export interface Question {
  readonly question: string;
  /** The answer that counts; null for each picture's most probable one. Default: `yes` of a question of yes or no, else null. */
  readonly answer?: string | null | undefined;
  readonly and?: readonly Condition[] | undefined;
  readonly not?: readonly Condition[] | undefined;
}

/** Which answers are returned, and in what order. */
export interface AskOptions {
  readonly filter: PictureFilter;
  /** The most probable first, the newest first, or by path from A to Z. */
  readonly sort: 'probability' | 'date' | 'path';
  /** Least probability of an answer that is returned. */
  readonly atLeast: number;
  /** Most answers that are returned. */
  readonly top: number;
  /** Largest cosine distance of near-duplicates, all but the first of which are only named with it. Default: none. */
  readonly nearDuplicates?: number | undefined;
  /** Receives the number of pictures that are done, and of all, where it takes long. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** Answers about all pictures that were asked. */
export interface Asked {
  /** Those that are at least as probable as asked for, in their order, at most `top`. */
  readonly answers: readonly PictureAnswer[];
  /** Number of pictures that were asked. */
  readonly asked: number;
  /** Number of them whose answer is at least as probable as asked for. */
  readonly found: number;
  /** The answer whose probability is meant; absent where each picture has its own best one. */
  readonly answer?: string | undefined;
  /** Number of pictures by probability, whatever `atLeast`: equal parts of 0 to 1. Empty where there are scores alone. */
  readonly histogram: readonly number[];
  /** Time that the question took where it was answered, in milliseconds. */
  readonly milliseconds: number;
  /** Sentences to know: a word that the student does not know. */
  readonly warnings: readonly string[];
}

/** A picture and its answer. */
export interface PictureAnswer extends Picture {
  /** The answer; of a search the empty text. */
  readonly answer: string;
  /** Probability of the answer, 0 to 1; of a search the cosine, which is none. */
  readonly probability: number;
  /** Paths of its near-duplicates among the answers. */
  readonly duplicates: readonly string[];
}

/** A picture, and how like another one it is: the cosine of the angle between their vectors. */
export interface LikePicture extends Picture {
  readonly similarity: number;
}

/** An answer and its probability. */
export interface RankedAnswer {
  readonly answer: string;
  readonly probability: number;
}

/** Attention of the words of a question over a picture. */
export interface Explained {
  /** Address of the picture as the models see it, cut to whole patches: a data or blob URL. */
  readonly image: string;
  /** Rows and columns of patches. */
  readonly rows: number;
  readonly columns: number;
  /** The word pieces, those of beginning and end included. */
  readonly words: readonly string[];
  /** One model or several, the teacher first. */
  readonly models: readonly ExplainedModel[];
}

/** Attention of one model. */
export interface ExplainedModel {
  readonly name: string;
  readonly answers: readonly RankedAnswer[];
  /** [words][rows * columns]: how much each word attends to each patch, mean over heads. */
  readonly attention: readonly (readonly number[])[];
}

/** A picture that was added. */
export interface Added {
  readonly path: string;
  /** False where the same picture was there already. */
  readonly isNew: boolean;
}

/** Kinds of failure that the page words in its own way. */
export type FailureKind = 'key' | 'busy' | 'unreachable' | 'taken' | 'refused' | 'fault';

/** A failure of a source: its message says what is wrong, in words for people. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  /** `key`: one is needed or wrong. `busy`: try again soon. `taken`: another picture has this path. `refused`: it cannot be. */
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
