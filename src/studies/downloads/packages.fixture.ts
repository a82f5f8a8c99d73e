import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { encodePng } from '../../data.ts';
import { easyVqa } from './easy-vqa.ts';
import { emoji } from './emoji.ts';
import type { PackageFile } from './package-file.ts';
import type { PackagedData } from './packaged-data.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

/** A zip archive; files whose name ends with .png are stored, the others deflated. */
export const zipOf = (files: Files): Buffer => {
  const [parts, entries]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const [title, bytes] = [Buffer.from(name), Buffer.from(content)];
    const method = name.endsWith('.png') ? 0 : 8;
    const packed = method === 0 ? bytes : deflateRawSync(bytes);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(method, 4);
    for (const [i, value] of [crc32(bytes), packed.length, bytes.length].entries())
      facts.writeUInt32LE(value, 10 + 4 * i);
    facts.writeUInt16LE(title.length, 22);
    const [rest, place] = [Buffer.alloc(14), Buffer.alloc(4)];
    place.writeUInt32LE(at);
    entries.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, rest.subarray(0, 10), place, title);
    const part = Buffer.concat([Buffer.from('PK\x03\x04'), facts, title, packed]);
    parts.push(part);
    at += part.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  for (const offset of [8, 10]) end.writeUInt16LE(Object.keys(files).length, offset);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end]);
};

/** An npm package's tarball. */
export const tarballOf = async (files: Files): Promise<Buffer> => {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name: `package/${name}` }, Buffer.from(content));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
};

const grey = async (shade: number): Promise<Uint8Array> =>
  await encodePng({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 3).fill(shade) });

/** A wheel like easy-VQA's: 40 pictures to learn, 10 to test, two questions each. */
export const easyVqaWheel = async (): Promise<Buffer> => {
  const files: Record<string, string | Uint8Array> = { 'easy_vqa/data/answers.txt': 'circle\nred\nyes\nno' };
  for (const [half, count] of [
    ['train', 40],
    ['test', 10],
  ] as const) {
    const ids = Array.from({ length: count }, (_, i) => i);
    files[`easy_vqa/data/${half}/questions.json`] = JSON.stringify(
      ids.flatMap((i) => [
        ['what shape is it?', 'circle', i],
        ['is it red?', i % 2 ? 'yes' : 'no', i],
      ]),
    );
    for (const i of ids) files[`easy_vqa/data/${half}/images/${i}.png`] = await grey(i);
  }
  return zipOf(files);
};

/** A disc with a bar whose length tells the concepts apart. */
const svg = (fill: string, length: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72"><circle cx="36" cy="36" r="30" fill="${fill}"/><rect x="14" y="46" width="${2 + 2 * length}" height="4"/></svg>`;

/** Codes, as files spell them: some say U+FE0F, which others leave out. */
const codes = Array.from({ length: 14 }, (_, i) => `1f60${i.toString(16)}`);

/** Skin tones, as code points behind those of a person. */
const tones = ['1f3fb', '1f3fc', '1f3fd', '1f3fe', '1f3ff'];

/** Packages like the five of emoji: 14 concepts in all styles, with tones in one, and a flag and a tone that are left out. */
export const emojiPackages = async (): Promise<Record<string, Buffer>> => {
  const listed = codes.map((code, i) => ({
    hexcode: `${code.toUpperCase()}-FE0F`,
    label: `face ${i}`,
    tags: ['a', 'b', 'c'].slice(i % 4),
    group: 0,
    skins: [
      ...tones.map((tone, at) => ({ hexcode: `${code}-${tone}`, label: `face ${i}: tone ${at + 1}`, tone: at + 1 })),
      { hexcode: `${code}-${tones[0]}-${tones[1]}`, label: `face ${i}: two tones`, tone: [1, 2] },
    ],
  }));
  const more = [
    { hexcode: '1F1E9', label: 'flag', group: 9 },
    { hexcode: '1F3FB', label: 'tone', group: 2 },
    { hexcode: '1F999', label: 'undrawn', group: 0 },
    { hexcode: '1F1E6', label: 'letter' },
  ];
  const german = listed.map((one, i) => ({ ...one, label: `Gesicht ${i}` }));
  const drawn = [...codes, '1f1e9', '1f3fb'];
  const toned = [...drawn, ...codes.flatMap((code) => tones.map((tone) => `${code}-${tone}`))];
  const filesOf = (nameOf: (code: string) => string, contentOf: (place: number) => string | Uint8Array): Files =>
    Object.fromEntries(drawn.map((code, place) => [nameOf(code), contentOf(place)]));
  const greys = await Promise.all(drawn.map((_, place) => grey(200 + place)));
  return {
    'emojibase-data@17.0.0': await tarballOf({
      'en/data.json': JSON.stringify([...listed, ...more]),
      'de/data.json': JSON.stringify(german),
      'meta/groups.json': JSON.stringify({ groups: { 0: 'smileys-emotion', 2: 'component', 9: 'flags' } }),
    }),
    'openmoji@17.0.0': await tarballOf(
      filesOf(
        (code) => `color/svg/${code.toUpperCase()}-FE0F.svg`,
        (place) => svg('red', place),
      ),
    ),
    '@twemoji/svg@15.0.0': await tarballOf(
      filesOf(
        (code) => `${code}.svg`,
        (place) => svg('#00ff00', place),
      ),
    ),
    '@iconify-json/noto@1.2.9': await tarballOf({
      'icons.json': JSON.stringify({
        width: 128,
        height: 128,
        icons: Object.fromEntries(
          toned.map((code, place) => [
            `n-${code}`,
            { body: `<rect width="128" height="128" fill="blue"/><rect width="${8 + 8 * place}" height="8"/>` },
          ]),
        ),
      }),
      'chars.json': JSON.stringify(Object.fromEntries(toned.map((code) => [code, `n-${code}`]))),
    }),
    '@lobehub/fluent-emoji-3d@1.1.0': await tarballOf(
      filesOf(
        (code) => `assets/${code}-fe0f.webp`,
        (place) => greys[place]!,
      ),
    ),
  };
};

/** The data set, but of these packages: with their digests, and their files in the folder. */
const ofPackages = async (
  data: PackagedData,
  contents: Readonly<Record<string, Buffer>>,
  folder: string,
): Promise<PackagedData> => {
  const packages = data.packages.map(
    (one): PackageFile => ({
      ...one,
      integrity: `sha512-${createHash('sha512').update(contents[one.name]!).digest('base64')}`,
    }),
  );
  for (const { name, file } of packages) await writeFile(join(folder, file), contents[name]!);
  return { ...data, packages };
};

export const toyEasyVqa = async (folder: string): Promise<PackagedData> =>
  await ofPackages(easyVqa, { 'easy-vqa==1.0': await easyVqaWheel() }, folder);

export const toyEmoji = async (folder: string): Promise<PackagedData> =>
  await ofPackages(emoji, await emojiPackages(), folder);

/** The rows of a split. */
export const rowsIn = async (folder: string, split: string): Promise<Record<string, string>[]> =>
  (await readFile(join(folder, `${split}.jsonl`), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
