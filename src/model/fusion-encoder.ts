import { concat, gather, slice } from '../engine/ops.ts';
import type { Size } from '../engine/shapes.ts';
import { plus } from '../engine/shapes.ts';
import { firstToken, type Transformed, transformer } from './attention.ts';
import { concatEmbedded, type Embedded, embedImage, embedText, type Modality, selectEmbedded } from './embeddings.ts';
import type { ImageInput, PairedInputs, TextInput } from './inputs.ts';
import type { Encoded, Paired, Stream } from './outputs.ts';
import type { Params } from './params.ts';
import { pooled } from './pooler.ts';
import { atIndices, firstRows, selectPairs } from './select.ts';
import type { Sizes } from './sizes.ts';

/**
 * The teacher: ViLT (Kim et al. 2021). Text and image run through one Transformer together, text first, so every
 * image-text pair costs a whole pass. The pair vector is the pooled [CLS] of the text.
 */
export const fusionEncoder = (
  p: Params,
  { text, image }: { readonly text: TextInput; readonly image: ImageInput },
  sizes: Sizes,
  row: Modality = 1,
): Encoded => fuse(p, { words: embedText(p, text, sizes), patches: embedImage(p, image, sizes, row) }, sizes);

/** Fusion encoder from embeddings: an image that meets many texts needs to be embedded only once. */
export const fuse = (
  p: Params,
  { words, patches }: { readonly words: Embedded; readonly patches: Embedded },
  sizes: Sizes,
): Encoded => {
  const x = concat([words.x, patches.x], 1);
  const joint = transformer(p.within('transformer'), x, concat([words.mask, patches.mask], 1), sizes);
  const end = words.x.shape[1]!;
  return {
    text: { ...part(joint, words, 0, end), first: joint.first },
    image: part(joint, patches, end, plus(end, patches.x.shape[1]!)),
    pair: pooled(p, joint.first),
  };
};

/**
 * Fusion encoder over texts and images that are paired twice. A pair costs a whole pass, so each different one is fused
 * once: every text with its own image, and behind them the negative pairs.
 */
export const fusePairs = (
  p: Params,
  { text, image, matchingImages, falseTexts, matchingPairs }: PairedInputs,
  sizes: Sizes,
): Paired => {
  const own = firstRows(text.ids.shape[0]!);
  const words = embedText(p, text, sizes);
  const patches = embedImage(p, image, sizes, 1);
  const falseImages = gather(matchingImages, falseTexts);
  const pairs = fuse(
    p,
    {
      words: concatEmbedded(words, selectEmbedded(words, atIndices(falseTexts))),
      patches: concatEmbedded(selectEmbedded(patches, own), selectEmbedded(patches, atIndices(falseImages))),
    },
    sizes,
  );
  return { own: selectPairs(pairs, own), matching: selectPairs(pairs, atIndices(matchingPairs)) };
};

/** Tokens of one modality in the joint sequence, from `start` to `end`. */
const part = (
  { layers, last }: Transformed,
  { x, mask }: { x: Stream['embedded']; mask: Stream['mask'] },
  start: Size,
  end: Size,
): Stream => ({
  mask,
  embedded: x,
  layers: layers.map(({ query, key, hidden }) => ({
    query: slice(query, 2, start, end),
    key: slice(key, 2, start, end),
    hidden: slice(hidden, 1, start, end),
  })),
  last: slice(last, 1, start, end),
  first: firstToken(slice(last, 1, start, end)),
});
