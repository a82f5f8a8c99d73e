import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { type Archive, readZip } from '../../files/zip.ts';
import { mulberry32, shuffled } from '../mulberry32.ts';
import {
  type Choice,
  type Made,
  type PackagedData,
  type Row,
  type Splits,
  writePictures,
  writeRows,
} from './packaged-data.ts';

const wheel = {
  client: 'pip',
  name: 'easy-vqa==1.0',
  file: 'easy_vqa-1.0-py3-none-any.whl',
  integrity: 'sha256-/LUbMJt4x7APl7ZM28vPXBBflNobOcB5bO5aeHxPZQ8=',
  licence: 'MIT',
} as const;

/** Number of images of each split; Infinity for all. */
const sizes = {
  whole: { train: Number.POSITIVE_INFINITY, validation: 400, test: Number.POSITIVE_INFINITY },
  tiny: { train: 24, validation: 8, test: 8 },
} as const;

/**
 * easy-VQA (Victor Zhou, 2020): 5,000 images of 64 x 64 pixels with one shape each, and 48,248 questions about its
 * shape and colour. The questions alone predict 67.0 % of the test answers, so a model below that has learnt nothing
 * from images. One shape needs no reasoning across the modalities: it shows whether training works, not whether
 * distillation helps.
 */
export const easyVqa: PackagedData = {
  name: 'easy-vqa',
  packages: [wheel],
  locales: [],
  write: async (place) => {
    const archive = await readZip(place.packages.get(wheel.name)!);
    const parts = splitsOf(archive, place);
    const all = Object.entries(parts);
    await writePictures(
      all.flatMap(([split, part]) => picturesOf(split, part)),
      place,
    );
    const splits: Record<string, Splits[string]> = {};
    for (const [split, part] of all) splits[split] = await writeRows(place.folder, split, rowsOf(split, part));
    await writeFile(join(place.folder, 'answers.txt'), fileIn(archive, 'answers.txt'));
    return splits;
  },
  readme: readmeOf,
};

type Question = readonly [question: string, answer: string, image: number];

/** A part of the package's training or test half. */
interface Part {
  readonly half: 'train' | 'test';
  readonly archive: Archive;
  readonly images: readonly number[];
  readonly questions: readonly Question[];
}

/** Splits the package; validation images are drawn from the training half, with all their questions. */
const splitsOf = (archive: Archive, { seed, tiny }: Choice): Readonly<Record<string, Part>> => {
  const size = sizes[tiny ? 'tiny' : 'whole'];
  const [train, test] = [halfOf(archive, 'train'), halfOf(archive, 'test')];
  const drawn = shuffled(mulberry32(seed), train.images);
  const rest = drawn.slice(size.validation, size.validation + size.train);
  return {
    train: only(train, rest),
    validation: only(train, drawn.slice(0, size.validation)),
    test: only(test, test.images.slice(0, size.test)),
  };
};

const halfOf = (archive: Archive, half: Part['half']): Part => {
  const questions = JSON.parse(Buffer.from(fileIn(archive, `${half}/questions.json`)).toString('utf8')) as Question[];
  return { half, archive, questions, images: [...new Set(questions.map(([, , image]) => image))] };
};

const only = (part: Part, images: readonly number[]): Part => {
  const kept = new Set(images);
  return { ...part, images, questions: part.questions.filter(([, , image]) => kept.has(image)) };
};

const fileIn = (archive: Archive, name: string): Uint8Array => {
  const read = archive.get(`easy_vqa/data/${name}`);
  if (!read) throw new UserError(`${wheel.file}: has no easy_vqa/data/${name}: it is another package than easy-VQA.`);
  return read();
};

const nameOf = (split: string, image: number): string => `images/${split}/${String(image).padStart(4, '0')}.png`;

const picturesOf = (split: string, { half, archive, images }: Part) =>
  images.map((image) => ({
    path: nameOf(split, image),
    draw: async () => fileIn(archive, `${half}/images/${image}.png`),
  }));

const rowsOf = (split: string, { questions }: Part): Row[] =>
  questions.map(([question, answer, image]) => ({
    image: nameOf(split, image),
    question,
    answer,
    kind: kindOf(answer),
  }));

const SHAPES: readonly string[] = ['circle', 'rectangle', 'triangle'];

const kindOf = (answer: string): string => {
  if (answer === 'yes' || answer === 'no') return 'yes/no';
  return SHAPES.includes(answer) ? 'shape' : 'color';
};

function readmeOf(splits: Splits, { seed, packages }: Made): string {
  return `# easy-VQA

Pictures of 64 x 64 pixels, each of one shape in one of eight colours, with questions about the shape and the colour.
By Victor Zhou, under the MIT licence; from the Python package ${packages.map(({ name, file, integrity }) => `\`${name}\` (${file}, ${integrity})`).join()}.
Source: https://github.com/vzhou842/easy-VQA

| split | images | questions |
| --- | ---: | ---: |
${Object.entries(splits)
  .map(([split, { images, rows }]) => `| ${split} | ${images} | ${rows} |`)
  .join('\n')}

- \`validation\` is pictures of the package's train half that \`train\` lacks, drawn with seed ${seed}; \`test\` is its test half.
- \`kind\` of a question: yes/no, shape or color. \`answers.txt\` lists the 13 answers in the order of the package.
- The majority answer to each exact question of the whole train half is right for 67.0 % of the whole test half, always
  "yes" for 37.3 %: nothing below 67.0 % is learnt from pictures.
- A picture holds one shape, so no question needs words and pictures to be read together.
`;
}
