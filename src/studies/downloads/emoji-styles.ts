import { basename, extname } from 'node:path';
import { jsonIn, readTarball } from '../../files/tar.ts';
import { codeOf } from './emoji-concepts.ts';
import type { PackageFile } from './package-file.ts';

/** A drawing style: one author's drawings of all emoji. */
export interface Style {
  readonly name: string;
  readonly package: PackageFile;
  /** Reads the drawings as bytes of image files, by code points. */
  readonly drawings: (path: string) => Promise<ReadonlyMap<string, Uint8Array>>;
}

/** Reads drawings that are files of a folder, named by code points. */
const filesIn =
  (folder: string, extension: string): Style['drawings'] =>
  async (path) => {
    const files = await readTarball(path, (name) => name.startsWith(folder) && extname(name) === extension);
    return new Map([...files].map(([name, bytes]) => [codeOf(basename(name, extension)), bytes]));
  };

/** Reads drawings of Iconify: bodies of SVGs by name, and names by code points. */
const iconify: Style['drawings'] = async (path) => {
  const [bodies, names] = ['package/icons.json', 'package/chars.json'] as const;
  const files = await readTarball(path, (name) => name === bodies || name === names);
  const { icons, width, height } = jsonIn(files, bodies, path) as Icons;
  return new Map(
    Object.entries(jsonIn(files, names, path) as Readonly<Record<string, string>>).flatMap(([code, name]) => {
      const body = icons[name]?.body;
      return body === undefined ? [] : [[codeOf(code), svgOf(body, width, height)] as const];
    }),
  );
};

interface Icons {
  readonly icons: Readonly<Record<string, { readonly body: string }>>;
  readonly width: number;
  readonly height: number;
}

const svgOf = (body: string, width: number, height: number): Uint8Array =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 ${width} ${height}">${body}</svg>`,
  );

/** All styles; the last is the style of the test images. */
export const styles: readonly Style[] = [
  {
    name: 'openmoji',
    package: {
      client: 'npm',
      name: 'openmoji@17.0.0',
      file: 'openmoji-17.0.0.tgz',
      integrity: 'sha512-EBnYrNGdcdw+OSXmENeNE1yBNRu6tOraTmoOyUbJkTmvT/+XETp8RZLSJFzD3lrPc5N9CzsyPnRTk0Vp4UaI9w==',
      licence: 'CC-BY-SA-4.0',
    },
    drawings: filesIn('package/color/svg/', '.svg'),
  },
  {
    name: 'twemoji',
    package: {
      client: 'npm',
      name: '@twemoji/svg@15.0.0',
      file: 'twemoji-svg-15.0.0.tgz',
      integrity: 'sha512-ZSPef2B6nBaYnfgdTbAy4jgW95o7pi2xPGwGCU+WMTxo7J6B1lMPTWwSq/wTuiMq+N0khQ90CcvYp1wFoQpo/w==',
      licence: 'CC-BY-4.0 (its code: MIT)',
    },
    drawings: filesIn('package/', '.svg'),
  },
  {
    name: 'noto',
    package: {
      client: 'npm',
      name: '@iconify-json/noto@1.2.9',
      file: 'iconify-json-noto-1.2.9.tgz',
      integrity: 'sha512-DQiuXENbun41ch+XPSV55H9FaWKpHTyz46YIKtSaKYD4fIDDzL1tR6H4np/T38jfrTAeI3rcKF0mqHYeZVAuaw==',
      licence: 'Apache-2.0',
    },
    drawings: iconify,
  },
  {
    name: 'fluent-3d',
    package: {
      client: 'npm',
      name: '@lobehub/fluent-emoji-3d@1.1.0',
      file: 'lobehub-fluent-emoji-3d-1.1.0.tgz',
      integrity: 'sha512-Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g==',
      licence: 'MIT',
    },
    drawings: filesIn('package/assets/', '.webp'),
  },
];
