import { jsonIn, readTarball } from '../../files/tar.ts';

/** An emoji, independent of its drawing style. */
export interface Concept {
  /** Its code points, as `1f469-200d-1f692`. */
  readonly code: string;
  /** Unique name: `woman firefighter`. */
  readonly label: string;
  /** Keywords: fire, firetruck. */
  readonly tags: readonly string[];
  /** Group in Unicode: `people-body`. */
  readonly group: string;
  /** Its name in another language. */
  readonly translation?: string | undefined;
  /** Code points of the emoji that it is in another skin tone, and that tone. */
  readonly tone?: { readonly of: string; readonly number: number } | undefined;
}

/** Package with the names, tags and groups of emoji, from Unicode's CLDR. */
export const texts = {
  client: 'npm',
  name: 'emojibase-data@17.0.0',
  file: 'emojibase-data-17.0.0.tgz',
  integrity: 'sha512-Yvgb5AWoHViHV/gq1qr5ZAarcBip+B27/ZLRsUJkbgAEaLlZ/fof9g882LTpmEpyhBNEC0m2SEmItljHsTygjA==',
  licence: 'MIT; its texts are CLDR data under Unicode-3.0',
} as const;

/** Languages that name every emoji. */
export const LOCALES = ['da', 'de', 'es', 'fi', 'fr', 'it', 'nb', 'nl', 'pl', 'pt', 'sv'];

/** Groups that are left out: flags, and components such as skin tones and hair. */
const LEFT_OUT = ['flags', 'component'];

/** Code points without the variation selector U+FE0F, which some packages write and others do not. */
export const codeOf = (hexcode: string): string =>
  hexcode
    .toLowerCase()
    .split('-')
    .filter((point) => point !== 'fe0f')
    .join('-');

interface Listed {
  readonly hexcode: string;
  readonly label: string;
  readonly tags?: readonly string[] | undefined;
  readonly group?: number | undefined;
  readonly skins?: readonly Skin[] | undefined;
}

/** An emoji in a skin tone, or of two persons in two. */
interface Skin {
  readonly hexcode: string;
  readonly label: string;
  readonly tone: number | readonly number[];
}

/** The emoji of a package in one skin tone each, sorted by code points. Two persons in two tones are left out. */
export const tonesIn = async (path: string): Promise<Concept[]> => {
  const { groups, listed } = await readListed(path);
  const tones = listed.flatMap(({ hexcode, tags = [], group, skins = [] }): Concept[] =>
    skins.flatMap(({ hexcode: own, label, tone }) =>
      typeof tone === 'number'
        ? [{ code: codeOf(own), label, tags, group: groups[group!]!, tone: { of: codeOf(hexcode), number: tone } }]
        : [],
    ),
  );
  return tones.sort((a, b) => (a.code < b.code ? -1 : 1));
};

/** Reads the emoji of the package, without flags and components, sorted by code points. */
export const conceptsIn = async (path: string, locale?: string): Promise<Concept[]> => {
  const { groups, listed, other } = await readListed(path, locale);
  const translations = new Map(other?.map(({ hexcode, label }) => [hexcode, label]));
  const concepts = listed.flatMap(({ hexcode, label, tags = [], group }): Concept[] => {
    const named = group === undefined ? undefined : groups[group];
    if (named === undefined || LEFT_OUT.includes(named)) return [];
    const translation = translations.get(hexcode);
    return [{ code: codeOf(hexcode), label, tags, group: named, ...(translation ? { translation } : {}) }];
  });
  return concepts.sort((a, b) => (a.code < b.code ? -1 : 1));
};

/** The emoji of the package in English and in another language, and the names of their groups. */
const readListed = async (path: string, locale?: string) => {
  const wanted = ['en', ...(locale === undefined ? [] : [locale])].map((name) => `package/${name}/data.json`);
  const files = await readTarball(path, (name) => name === GROUPS || wanted.includes(name));
  const { groups } = jsonIn(files, GROUPS, path) as { groups: Readonly<Record<string, string>> };
  const [listed, other] = wanted.map((name) => jsonIn(files, name, path) as Listed[]);
  return { groups, listed: listed!, other };
};

const GROUPS = 'package/meta/groups.json';
