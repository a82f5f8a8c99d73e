import type { ExplainedPair } from '../../query.ts';
import type { AccuracyReport } from '../measures/accuracy.ts';
import type { Choice } from '../measures/chosen-examples.ts';
import { toyNotice } from '../report/toy-run.ts';

/** Reproducibility of a report's numbers, in a sentence to print beside its table. */
export const REPRODUCIBILITY =
  'The same seed gives the same accuracies to the bit on one machine; between processors they differ by a point or two.';

/** Notice for the top of a report whose numbers are no results, because its students were trained too little. */
export const noticeOf = ({ models }: QuickstartReport): string | undefined =>
  toyNotice(Math.max(...models.filter(isTrainedNow).map(({ updates }) => updates)), 'findings');

/** Whether the run trained a model, or loaded it from the package. */
const isTrainedNow = ({ seconds }: ModelReport): boolean => seconds !== undefined;

/** Content of a report: measures as numbers, and images. Ratios and accuracies are between 0 and 1. */
export interface QuickstartReport {
  readonly seed: number;
  /** Command that reproduces the numbers. */
  readonly command: string;
  /** End of the run, formatted. */
  readonly when: string;
  /** Duration of the whole run. */
  readonly seconds: number;
  readonly data: DataReport;
  /** The teacher, the shipped student, then the students of this run, in the order of colours and line styles. */
  readonly models: readonly ModelReport[];
  /** The slowest first; speed-ups are relative to it. */
  readonly latency: readonly LatencyReport[];
  readonly cache: CacheReport;
  readonly question: QuestionReport;
  /** Examples with the attention of every model, the teacher first. */
  readonly examples: readonly ExplainedPair[];
  /** Choice of the examples. */
  readonly choice: Choice;
  /** Sentences that compare the models, with their numbers. */
  readonly findings: readonly string[];
}

export interface DataReport {
  readonly folder: string;
  readonly splits: Readonly<Record<string, { readonly examples: number; readonly images: number }>>;
  /** Accuracy of always giving the most common answer to that kind of question, in percent. */
  readonly priorPercent: number;
}

export interface ModelReport {
  /** `teacher`, `shipped student`, `distilled now`, `soft labels now`, `hard labels now`. */
  readonly name: string;
  readonly parameters: number;
  readonly updates: number;
  /** Duration of its training, if the run trained it. */
  readonly seconds?: number | undefined;
  readonly curves: readonly CurvePoint[];
  /** Accuracy by split. */
  readonly accuracy: Readonly<Record<string, AccuracyReport>>;
}

export interface CurvePoint {
  readonly step: number;
  /** Losses by objective, in nats. */
  readonly losses: Readonly<Record<string, number>>;
  /** Accuracy on the validation examples, between 0 and 1. */
  readonly validation?: number | undefined;
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
  /** Duration of encoding all images. */
  readonly seconds: number;
}

/** One question about every cached image, most probable answers first. */
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
