/** How exactly the numbers of a report come out again; it stands beside its table. */
export const REPRODUCIBILITY =
  'The same seed gives the same accuracies to the bit on one machine; between processors they differ by a point or two.';

/** What a report shows: numbers as measured, and pictures. Shares and accuracies lie between 0 and 1. */
export interface QuickstartReport {
  readonly seed: number;
  /** What to type to get the same numbers. */
  readonly command: string;
  /** When the run ended, as a reader should see it. */
  readonly when: string;
  /** Of the whole run. */
  readonly seconds: number;
  readonly data: DataReport;
  /** The teacher first, then the students; colours and line styles follow this order. */
  readonly models: readonly ModelReport[];
  /** The slowest first: the others are compared with it. */
  readonly latency: readonly LatencyReport[];
  readonly cache: CacheReport;
  readonly question: QuestionReport;
  readonly examples: readonly ExampleReport[];
  /** What distillation changed, in sentences with their numbers. */
  readonly findings: readonly string[];
}

export interface DataReport {
  readonly folder: string;
  readonly splits: Readonly<Record<string, { readonly examples: number; readonly images: number }>>;
  /** Accuracy in percent of always giving the commonest answer to a question of that kind. */
  readonly priorPercent: number;
}

export interface ModelReport {
  /** `teacher`, `hard labels`, `soft labels`, `soft labels + attention`. */
  readonly name: string;
  readonly parameters: number;
  readonly updates: number;
  /** Of its training, where that was part of the run. */
  readonly seconds?: number | undefined;
  readonly curves: readonly CurvePoint[];
  /** By split. */
  readonly accuracy: Readonly<Record<string, AccuracyReport>>;
}

export interface CurvePoint {
  readonly step: number;
  /** By objective; in nats. */
  readonly losses: Readonly<Record<string, number>>;
  /** Accuracy on the validation examples, between 0 and 1. */
  readonly validation?: number | undefined;
}

/** Accuracy with its 95 % interval, each between 0 and 1. */
export interface AccuracyReport {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** By kind of question. */
  readonly byKind: Readonly<Record<string, { readonly mean: number; readonly count: number }>>;
}

export interface LatencyReport {
  readonly what: string;
  readonly images: number;
  readonly millisecondsPerImage: number;
  readonly note: string;
}

export interface CacheReport {
  readonly images: number;
  readonly bytes: number;
  /** To encode them all. */
  readonly seconds: number;
}

/** One question asked of every cached image, best answers first. */
export interface QuestionReport {
  readonly text: string;
  readonly answers: readonly {
    /** A data URI. */
    readonly image: string;
    readonly path: string;
    readonly answer: string;
    readonly probability: number;
  }[];
}

/** One example whose attention is shown. */
export interface ExampleReport {
  /** A data URI. */
  readonly image: string;
  /** Of patches. */
  readonly rows: number;
  readonly columns: number;
  readonly text: string;
  /** The word pieces, [CLS] and [SEP] included. */
  readonly words: readonly string[];
  readonly truth: string;
  /** The teacher first. */
  readonly models: readonly {
    readonly name: string;
    readonly answer: string;
    readonly probability: number;
    /** [words][rows · columns]: what each word gives each patch; what is left of 1 is the image's [CLS]. */
    readonly textToImage: readonly (readonly number[])[];
    /** KL(teacher ‖ model) in nats; 0 for the teacher. */
    readonly kl: number;
  }[];
}
