import { drawOnWhite, encodePng } from '../../data.ts';
import { mulberry32, shuffled } from '../mulberry32.ts';
import { captionsOf } from './emoji-captions.ts';
import { type Concept, conceptsIn, LOCALES, texts, tonesIn } from './emoji-concepts.ts';
import { emojiReadme } from './emoji-readme.ts';
import { type Style, styles } from './emoji-styles.ts';
import {
  type Drawn,
  type PackagedData,
  type Place,
  type Row,
  type Splits,
  writePictures,
  writeRows,
} from './packaged-data.ts';

/** Side of an image in pixels, where none is named. */
const SIDE = 64;

/**
 * Number of concepts, of those that are in the validation split instead of the test split, and of concepts and tones
 * that are never learnt from.
 */
const sizes = {
  whole: { concepts: Number.POSITIVE_INFINITY, validation: 200, unseen: 160, tones: 300 },
  tiny: { concepts: 12, validation: 4, unseen: 3, tones: 4 },
} as const;

/**
 * Emoji in four drawing styles with captions from their names and tags, for retrieval as on Flickr30k. Three styles are
 * for training, the fourth for testing, with the same concepts.
 */
export const emoji: PackagedData = {
  name: 'emoji',
  packages: [texts, ...styles.map((style) => style.package)],
  locales: LOCALES,
  side: SIDE,
  write: async (place) => {
    const { concepts, drawings } = await sharedConcepts(place);
    const size = sizes[place.tiny ? 'tiny' : 'whole'];
    const drawn = shuffled(mulberry32(place.seed), concepts).slice(0, size.concepts);
    const parts = {
      train: pairsOf(learnt, drawn),
      validation: pairsOf(tested, drawn.slice(0, size.validation)),
      test: pairsOf(tested, drawn.slice(size.validation)),
    };
    return await writeParts(parts, drawings, place);
  },
  readme: emojiReadme,
};

/** Styles that are learnt from, and the style that is tested. */
const [learnt, tested] = [styles.slice(0, -1), styles.slice(-1)];

/** Style in which skin tones are drawn: the one of which all are an emoji of their own. */
const toned = styles.filter(({ name }) => name === 'noto');

/**
 * Emoji of which some are never learnt from: new ones, and persons in a skin tone. Of a person who is held out in some
 * tones the others are learnt from, as those tones are of other persons: only the composition is new.
 */
export const emojiNew: PackagedData = {
  ...emoji,
  name: 'emoji-new',
  write: async (place) => {
    const { concepts, drawings } = await sharedConcepts(place);
    const size = sizes[place.tiny ? 'tiny' : 'whole'];
    const drawn = shuffled(mulberry32(place.seed), concepts).slice(0, size.concepts);
    const [unseen, seen] = [drawn.slice(0, size.unseen), drawn.slice(size.unseen)];
    const known = new Set(seen.map(({ code }) => code));
    const tones = (await tonesIn(place.packages.get(texts.name)!)).filter(
      ({ code, tone }) => known.has(tone!.of) && toned.every(({ name }) => drawings.get(name)!.has(code)),
    );
    const heldOut = heldOutTones(tones, size.tones, place.seed);
    const parts = {
      train: [
        ...pairsOf(learnt, seen),
        ...pairsOf(
          toned,
          tones.filter((one) => !heldOut.has(one)),
        ),
      ],
      validation: pairsOf(tested, seen.slice(0, size.validation)),
      test: pairsOf(tested, seen.slice(size.validation)),
      'test-new': pairsOf(tested, unseen),
      'test-tones': pairsOf(toned, [...heldOut]),
    };
    return await writeParts(parts, drawings, place);
  },
};

/** Tones of each person that are held out: two of five, so that another tone of the person is a candidate, too. */
const TONES = 2;

/** Draws persons, and of each some tones, until there are enough. */
const heldOutTones = (tones: readonly Concept[], count: number, seed: number): ReadonlySet<Concept> => {
  const random = mulberry32(seed);
  const persons = [...new Set(tones.map(({ tone }) => tone!.of))];
  const chosen = shuffled(random, persons).slice(0, count / TONES);
  const tonesOf = (person: string): Concept[] => tones.filter(({ tone }) => tone!.of === person);
  return new Set(chosen.flatMap((person) => shuffled(random, tonesOf(person)).slice(0, TONES)));
};

/** Pictures of each split. */
type Parts = Readonly<Record<string, readonly Pair[]>>;

const writeParts = async (parts: Parts, drawings: Drawings, place: Place): Promise<Splits> => {
  const pictures = Object.values(parts).flat();
  await writePictures(
    pictures.map(({ style, concept }) => pictureOf(style, concept, drawings, place.side ?? SIDE)),
    place,
  );
  const splits: Record<string, Splits[string]> = {};
  for (const [split, pairs] of Object.entries(parts))
    splits[split] = await writeRows(
      place.folder,
      split,
      pairs.flatMap((pair) => rowsOf(pair, place)),
    );
  return splits;
};

/** The drawings of each style by concept. */
type Drawings = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/** Reads the concepts that all styles have drawn, with their drawings. */
const sharedConcepts = async ({ packages, locale, onProgress }: Place) => {
  const pathOf = ({ name }: { readonly name: string }): string => packages.get(name)!;
  const all = await conceptsIn(pathOf(texts), locale);
  const drawings = new Map<string, ReadonlyMap<string, Uint8Array>>();
  for (const [i, style] of styles.entries()) {
    onProgress('unpack', i, styles.length);
    drawings.set(style.name, await style.drawings(pathOf(style.package)));
  }
  onProgress('unpack', styles.length, styles.length);
  const concepts = all.filter(({ code }) => styles.every(({ name }) => drawings.get(name)!.has(code)));
  return { concepts, drawings: drawings as Drawings };
};

interface Pair {
  readonly style: Style;
  readonly concept: Concept;
}

const pairsOf = (some: readonly Style[], concepts: readonly Concept[]): Pair[] =>
  concepts.flatMap((concept) => some.map((style) => ({ style, concept })));

const nameOf = ({ name }: Style, { code }: Concept): string => `images/${name}/${code}.png`;

const pictureOf = (style: Style, concept: Concept, drawings: Drawings, side: number): Drawn => ({
  path: nameOf(style, concept),
  draw: async () => {
    const bytes = drawings.get(style.name)!.get(concept.code)!;
    return encodePng(await drawOnWhite(bytes, { side, where: `${style.package.name}, ${concept.code}` }));
  },
});

const rowsOf = ({ style, concept }: Pair, { seed }: Place): Row[] =>
  captionsOf(concept, { style: style.name, seed }).map((caption) => ({
    image: nameOf(style, concept),
    caption,
    concept: concept.code,
    style: style.name,
    group: concept.group,
  }));
