/** Blocks of a Transformer, by their number. */
const BLOCK = /(?:^|\.)transformer\.blocks\.(\d+)\./;
/** Parameters before the first block: embeddings of words, patches, positions and modalities. */
const EMBEDDING = /(?:_embeddings\.|(?:^|\.)transformer\.(?:cls_token|pos_embed|patch_embed)\b)/;

/**
 * Factor of each parameter's learning rate, by name: layer-wise decay, as BEiT and MAE fine-tune (Bao et al. 2021, He
 * et al. 2021). Each layer learns `decay` times as fast as the one above it:
 *
 *   decay^(depth - i) for block i from 0;  decay^(depth + 1) for embeddings;  1 for the rest: last LayerNorm, heads
 *
 * @param depthOf blocks of the encoder that a parameter is of.
 */
export const layerDecay =
  (decay: number, depthOf: (name: string) => number) =>
  (name: string): number => {
    const depth = depthOf(name);
    const block = BLOCK.exec(name)?.[1];
    if (block !== undefined) return decay ** (depth - Number(block));
    return EMBEDDING.test(name) ? decay ** (depth + 1) : 1;
  };
