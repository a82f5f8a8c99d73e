/** Pictures of one answer. */
export interface Labelled {
  readonly answer: string;
  readonly files: readonly File[];
}

/** Pictures, answers and budget of a lesson. */
export interface Lesson {
  /** Address of the model that is trained. */
  readonly student: string;
  readonly question: string;
  readonly labelled: readonly Labelled[];
  /** A safetensors file of dide; absent where only the labels teach. */
  readonly teacher?: Blob | undefined;
  readonly updates: number;
}

/** One update, as the curves show it. */
export interface Step {
  readonly number: number;
  readonly of: number;
  readonly loss: number;
  /** Share of right answers, 0 to 1, where it was measured. */
  readonly accuracy?: number | undefined;
  readonly milliseconds: number;
}

/** Outcome for the pictures that were added. */
export interface Prepared {
  readonly learnt: number;
  /** Pictures that are kept apart, on which the accuracy is measured; 0: it is measured on those that are learnt. */
  readonly apart: number;
  readonly warnings: readonly string[];
}

/** Adds pictures under an answer; those that are there already are passed over. */
export const withPictures = (all: readonly Labelled[], answer: string, files: readonly File[]): Labelled[] => {
  const before = all.find((one) => one.answer === answer)?.files ?? [];
  const known = new Set(before.map(keyOf));
  const joined = { answer, files: [...before, ...files.filter((file) => !known.has(keyOf(file)))] };
  return [...all.filter((one) => one.answer !== answer), joined].sort((a, b) => (a.answer < b.answer ? -1 : 1));
};

const keyOf = ({ name, size, webkitRelativePath }: File): string => `${webkitRelativePath || name} ${size}`;

/** Pictures of a folder by the names of the folders in which they are: `pets/cat/7.jpg` is a `cat`. */
export const byFolder = (files: readonly File[]): ReadonlyMap<string, File[]> => {
  const found = new Map<string, File[]>();
  for (const file of files.filter(({ type }) => type.startsWith('image/'))) {
    const answer = file.webkitRelativePath.split('/').at(-2)?.toLowerCase();
    if (answer) found.set(answer, [...(found.get(answer) ?? []), file]);
  }
  return found;
};
