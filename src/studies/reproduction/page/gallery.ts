import { median } from '../../measures/latency.ts';
import { galleries, galleryMeasure, ROUNDS, TIMED_PAIRS } from '../jobs/gallery-cost.ts';
import { type Measured, resultWith } from '../results.ts';
import { singleValue, type Table } from './table.ts';

/** A point of the curve of one question's time over the number of images: median of the rounds. */
export interface GalleryPoint {
  readonly model: 'teacher' | 'student';
  readonly images: number;
  readonly milliseconds: number;
}

const models = ['teacher', 'student'] as const;

/** The time of one question about each number of images; nothing before it is measured. */
export const galleryPoints = ({ results }: Measured): GalleryPoint[] => {
  const measures = resultWith(results, { kind: 'gallery cost' })?.measures;
  if (!measures) return [];
  return models.flatMap((model) =>
    galleries.map((images) => {
      const rounds = Array.from({ length: ROUNDS }, (_, i) => measures[galleryMeasure(images, i + 1)]![model]!);
      return { model, images, milliseconds: median(rounds) };
    }),
  );
};

/** The time of one question about each number of images, and how much faster the student is. */
export const galleryTable = (measured: Measured): Table => {
  const points = galleryPoints(measured);
  const at = (model: GalleryPoint['model'], images: number): number | undefined =>
    points.find((point) => point.model === model && point.images === images)?.milliseconds;
  const ratio = (images: number): number | undefined => {
    const student = at('student', images);
    return student && at('teacher', images)! / student;
  };
  return {
    id: 'gallery',
    title: 'One question about many images',
    about: `Milliseconds on one core, median of ${ROUNDS} rounds. The teacher reads each image with the question, 64 at once; above ${TIMED_PAIRS} images its time is that of ${TIMED_PAIRS}, multiplied. The student answers over image vectors in memory, its text encoder included. Decoding images, and encoding them once for the student, is not counted: the table of latency has it.`,
    columns: [
      { name: 'teacher', unit: 'milliseconds' },
      { name: 'student', unit: 'milliseconds' },
      { name: 'times as fast', unit: 'rate' },
    ],
    rows: galleries.map((images) => ({
      name: images === 1 ? '1 image' : `${images} images`,
      cells: [at('teacher', images), at('student', images), ratio(images)].map(singleValue),
    })),
  };
};
