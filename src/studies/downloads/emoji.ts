import { drawOnWhite, encodePng } from '../../data.ts';
import { mulberry32, shuffled } from '../mulberry32.ts';
import { captionsOf } from './emoji-captions.ts';
import { type Concept, conceptsIn, LOCALES, texts } from './emoji-concepts.ts';
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

/** Side of an image in pixels. */
const SIDE = 64;

/** Number of concepts, and of those that are in the validation split instead of the test split. */
const sizes = {
  whole: { concepts: Number.POSITIVE_INFINITY, validation: 200 },
  tiny: { concepts: 12, validation: 4 },
} as const;

/**
 * Emoji in four drawing styles with captions from their names and tags, for retrieval as on Flickr30k. Three styles are
 * for training, the fourth for testing, with the same concepts.
 */
export const emoji: PackagedData = {
  name: 'emoji',
  packages: [texts, ...styles.map((style) => style.package)],
  locales: LOCALES,
  write: async (place) => {
    const { concepts, drawings } = await sharedConcepts(place);
    const size = sizes[place.tiny ? 'tiny' : 'whole'];
    const drawn = shuffled(mulberry32(place.seed), concepts).slice(0, size.concepts);
    const [learnt, tested] = [styles.slice(0, -1), styles.slice(-1)];
    const parts = {
      train: pairsOf(learnt, drawn),
      validation: pairsOf(tested, drawn.slice(0, size.validation)),
      test: pairsOf(tested, drawn.slice(size.validation)),
    };
    const pictures = Object.values(parts).flat();
    await writePictures(
      pictures.map(({ style, concept }) => pictureOf(style, concept, drawings)),
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
  },
  readme: emojiReadme,
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

const pictureOf = (style: Style, concept: Concept, drawings: Drawings): Drawn => ({
  path: nameOf(style, concept),
  draw: async () => {
    const bytes = drawings.get(style.name)!.get(concept.code)!;
    return encodePng(await drawOnWhite(bytes, { side: SIDE, where: `${style.package.name}, ${concept.code}` }));
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
