/**
 * Answers a question about pictures with the files of this folder: `npm install onnxruntime-node sharp`.
 *
 *   node answer.mjs photo.jpg "what color is the bus?"        // a line an answer: its probability, the answer
 *   node answer.mjs photo.jpg other.jpg "a bus at night"      // of a model that retrieves, a line a picture: how well it fits
 *
 * As a module: an image is encoded once, and what it became is kept and asked as often as you like.
 *
 *   import { answer, encodeImages } from './answer.mjs';
 *   const photo = await encodeImages(['photo.jpg']);
 *   (await answer(photo, 'what color is the bus?'))[0];       // ['red', 0.93]
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

process.env.ORT_DISABLE_TELEMETRY ??= '1';
const { default: ort } = await import('onnxruntime-node');

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const about = JSON.parse(readFileSync(['student.json', 'teacher.json'].map(pathOf).find(existsSync), 'utf8'));
const sessions = {};
for (const file of Object.keys(about.files)) sessions[file] = await ort.InferenceSession.create(pathOf(file));
const run = async (file, feeds) => {
  const { inputNames, outputNames } = sessions[file];
  const results = await sessions[file].run(Object.fromEntries(inputNames.map((name) => [name, feeds[name]])));
  return results[outputNames[0]];
};
/** Pictures that a question is about: two where the model compares them (NLVR2). */
const imageCount = Object.values(sessions).some(({ inputNames }) => inputNames.some((name) => name.endsWith('_2')))
  ? 2
  : 1;

// pictures

/**
 * Red, green and blue as a viewer shows them: turned as the camera was held, transparency over white. sharp turns the
 * inks of print (CMYK) into other colours than Pillow does, and reads no BMP and no PPM: save those as PNG.
 */
const readImage = async (path) => {
  const opened = sharp(path, { ignoreIcc: true });
  if ((await opened.metadata()).space === 'cmyk') throw new Error(`${path}: it is in CMYK: save it in RGB`);
  const image = opened.autoOrient().ensureAlpha().toColourspace('srgb').raw({ depth: 'uchar' });
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  const rgb = new Uint8Array((3 * data.length) / 4).map((_, i) => {
    const pixel = 4 * Math.floor(i / 3);
    const alpha = data[pixel + 3];
    const sum = 128 * (data[pixel + (i % 3)] * alpha + 255 * (255 - alpha) + 128);
    return ((sum >> 8) + sum) >> 15;
  });
  return { width: info.width, height: info.height, data: rgb };
};

/** The shorter side becomes that of the model, within the longest; both are cut to whole patches. */
const sizeFor = ({ width, height }) => {
  const { shortestEdge, longestEdge, multipleOf } = about.pictures.resize;
  const enlarge = shortestEdge / Math.min(width, height);
  const shrink = Math.min(1, longestEdge / (enlarge * Math.max(width, height)));
  const whole = (side) => Math.floor(Math.trunc(side * enlarge * shrink + 0.5) / multipleOf) * multipleOf || multipleOf;
  return [whole(width), whole(height)];
};

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
/** Pillow's filters: how far each reaches, in pixels of the smaller image, and its weights. */
const filters = {
  box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  hamming: [1, (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0)],
  bicubic: [
    2,
    (signed) => {
      const x = Math.abs(signed);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  ],
  lanczos: [3, (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0)],
};

/** What each of `to` pixels is made of, of `from`: the first of them, and their weights. */
const kernelOf = (from, to) =>
  Array.from({ length: to }, (_, i) => {
    const scale = from / to;
    const { filter } = about.pictures.resize;
    if (filter === 'nearest') return { first: Math.floor((i + 0.5) * scale), weights: [2 ** 22] };
    const [reach, weightAt] = filters[filter];
    const [centre, stretch] = [(i + 0.5) * scale, Math.max(scale, 1)];
    const first = Math.max(Math.trunc(centre - reach * stretch + 0.5), 0);
    const end = Math.min(Math.trunc(centre + reach * stretch + 0.5), from);
    const weights = Array.from({ length: end - first }, (_, k) => weightAt((first + k - centre + 0.5) / stretch));
    const sum = weights.reduce((a, b) => a + b, 0);
    // in units of 2^-22, as Pillow has them
    return { first, weights: weights.map((weight) => Math.round((weight / sum) * 2 ** 22)) };
  });

/** Resizes the rows of an image and lays them down as columns: done twice, it resizes both sides. */
const resizedAcross = ({ width, height, data }, to) => {
  if (to === width) return { width: height, height: width, data: transposed(width, height, data) };
  const out = new Uint8ClampedArray(to * height * 3);
  for (const [x, { first, weights }] of kernelOf(width, to).entries()) {
    for (let at = 0; at < height * 3; at += 1) {
      const from = (Math.floor(at / 3) * width + first) * 3 + (at % 3);
      let sum = 0;
      for (let k = 0; k < weights.length; k += 1) sum += weights[k] * data[from + 3 * k];
      out[x * height * 3 + at] = Math.floor(sum / 2 ** 22 + 0.5);
    }
  }
  return { width: height, height: to, data: out };
};

const transposed = (width, height, data) => {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      for (let c = 0; c < 3; c += 1) out[(x * height + y) * 3 + c] = data[(y * width + x) * 3 + c];
  return out;
};

/** Weight of each row of the position table for each of `count` patches: linear, corners aligned. */
const axisWeights = (count, grid) =>
  Array.from({ length: count }, (_, i) => {
    const at = (i * (grid - 1)) / Math.max(1, count - 1);
    return Array.from({ length: grid }, (_, row) => Math.max(0, 1 - Math.abs(at - row)));
  });

/** An image as what the model reads: patches, their mask, and their weights over the position table. */
const patchesOf = async (path) => {
  const { patch, grid, normalise } = about.pictures;
  const { mean, deviation, scale = 1 / 255 } = normalise;
  const image = await readImage(path);
  const [width, height] = sizeFor(image);
  const { data } = resizedAcross(resizedAcross(image, width), height);
  const [rows, columns] = [height / patch, width / patch];
  const [patches, positions] = [[], []];
  const [down, right] = [axisWeights(rows, grid), axisWeights(columns, grid)];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      for (let c = 0; c < 3; c += 1)
        for (let y = 0; y < patch; y += 1)
          for (let x = 0; x < patch; x += 1) {
            const value = data[((row * patch + y) * width + column * patch + x) * 3 + c];
            patches.push((value * scale - mean[c]) / deviation[c]);
          }
      for (const high of down[row]) for (const wide of right[column]) positions.push(high * wide);
    }
  }
  const floats = (numbers, ...shape) => new ort.Tensor('float32', Float32Array.from(numbers), [1, ...shape]);
  return {
    patches: floats(patches, rows * columns, 3 * patch * patch),
    patch_mask: floats(new Float32Array(rows * columns).fill(1), rows * columns),
    patch_positions: floats(positions, rows * columns, grid * grid),
  };
};

// words

const { lowerCase, accents = 'removed', chinese = 'apart', added = [], longest } = about.text;
const vocabulary = readFileSync(pathOf(about.text.vocabulary), 'utf8').split('\n').slice(0, -1);
const ids = new Map(vocabulary.map((piece, id) => [piece, id]));

const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/u;

/** A character without what BERT drops; Chinese ones stand apart. */
const cleaned = (character) => {
  if (/[\t\n\r\p{Zs}]/u.test(character)) return ' ';
  if (/[\ufffd\p{C}]/u.test(character)) return '';
  const lower = lowerCase ? character.toLowerCase() : character;
  return chinese === 'apart' && CHINESE.test(character) ? ` ${lower} ` : lower;
};

const normalized = (text) => {
  const clean = Array.from(text, cleaned).join('').normalize('NFC');
  const plain = accents === 'removed' ? clean.normalize('NFD').replace(/\p{Mn}/gu, '') : clean;
  return plain.split(/\s+/).join(' ');
};

/** Splits a text at pieces that stay whole: at odd places of the list. */
const splitAt = (pieces, normal = (piece) => piece) => {
  const names = new Map(pieces.map(({ piece }) => [normal(piece), piece]));
  const sources = [...pieces]
    .sort((a, b) => b.piece.length - a.piece.length)
    .map(({ piece, as }) => {
      const escaped = normal(piece).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      return as === 'word' ? `(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])` : escaped;
    });
  const found = new RegExp(`(${sources.join('|')})`, 'u');
  return (text) => (sources.length === 0 ? [text] : text.split(found).map((part) => names.get(part) ?? part));
};

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].map((piece) => ({ piece, as: 'anything' }));
const inText = splitAt([...special, ...added.filter(({ foundIn }) => foundIn === 'text')]);
const inNormalized = splitAt(
  added.filter(({ foundIn }) => foundIn === 'normalized'),
  normalized,
);

const wordsOf = (text) => {
  const split = (rest) =>
    rest
      .replace(/[!-/:-@[-`{-~\p{P}]/gu, ' $& ')
      .split(/\s+/)
      .filter((word) => word !== '');
  const between = (part) => inNormalized(normalized(part)).flatMap((rest, i) => (i % 2 ? [rest] : split(rest)));
  return inText(text).flatMap((part, i) => (i % 2 ? [part] : between(part)));
};

/** WordPiece: the longest piece that fits, again and again. */
const piecesOf = (word) => {
  if (ids.has(word)) return [ids.get(word)];
  const characters = [...word];
  if (characters.length > 100) return [ids.get('[UNK]')];
  const pieces = [];
  for (let start = 0; start < characters.length; ) {
    let end = characters.length;
    const piece = () => (start ? '##' : '') + characters.slice(start, end).join('');
    while (end > start && !ids.has(piece())) end -= 1;
    if (end === start) return [ids.get('[UNK]')];
    pieces.push(ids.get(piece()));
    start = end;
  }
  return pieces;
};

const encodeText = (text) => {
  const pieces = wordsOf(text)
    .flatMap(piecesOf)
    .slice(0, longest - 2);
  const words = Int32Array.of(ids.get('[CLS]'), ...pieces, ids.get('[SEP]'));
  const shape = [1, words.length];
  return {
    words: new ort.Tensor('int32', words, shape),
    word_mask: new ort.Tensor('float32', new Float32Array(words.length).fill(1), shape),
  };
};

// the model

/** What a question needs of its image, or of its two: keep it. Of a student, its shares or vector. */
export const encodeImages = async (paths) => {
  const feeds = {};
  for (const [i, path] of paths.entries()) {
    let image = await patchesOf(path);
    if (sessions['image.onnx']) {
      image.image_place = new ort.Tensor('int32', Int32Array.of(i + 1), [1]);
      const name = sessions['answer.onnx'] ? 'image_shares' : 'image_vector';
      image = { [name]: await run('image.onnx', image) };
    }
    for (const [name, tensor] of Object.entries(image)) feeds[i === 0 ? name : `${name}_${i + 1}`] = tensor;
  }
  return feeds;
};

/** Answers with their probabilities, the most probable first. @param images from `encodeImages` */
export const answer = async (images, question) => {
  const text = encodeText(question);
  const { data: logits } = sessions['answer.onnx']
    ? await run('answer.onnx', { ...images, text_shares: await run('text.onnx', text) })
    : await run('model.onnx', { ...images, ...text });
  const sum = (logit) => logits.reduce((all, other) => all + Math.exp(other - logit), 0);
  const probabilityOf = (logit) => 1 / (about.scoring === 'sigmoid' ? 1 + Math.exp(-logit) : sum(logit));
  return about.answers.map((name, i) => [name, probabilityOf(logits[i])]).sort((a, b) => b[1] - a[1]);
};

/** How well a text fits an image, of a model that retrieves: between -1 and 1. @param image from `encodeImages` */
export const fit = async (image, text) => {
  const { data } = await run('text.onnx', encodeText(text));
  return data.reduce((sum, number, i) => sum + number * image.image_vector.data[i], 0);
};

const main = async (paths, question) => {
  if (!about.answers) {
    for (const path of paths) console.log((await fit(await encodeImages([path]), question)).toFixed(6), path);
  } else if (paths.length === imageCount) {
    const answers = await answer(await encodeImages(paths), question);
    for (const [name, probability] of answers.slice(0, 5)) console.log(probability.toFixed(6), name);
  } else {
    throw new Error(`${paths.length} pictures: give ${imageCount}, and last a question in quotes`);
  }
};

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2, -1), process.argv.at(-1)).catch(({ message }) => {
    console.error(message);
    process.exitCode = 1;
  });
}
