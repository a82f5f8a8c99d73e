/**
 * `dide/scale`: caching and asking in pieces, which any machine that sees the files works on, and Spark, which spreads them.
 * Several processes of MPI are `openProcesses` of `dide/training`.
 */

export {
  answerPieces,
  type MergeRequest,
  mergeAnswers,
  type PiecesRequest,
} from './inference/pieces/answer-pieces.ts';
export type { AnsweredPiece } from './inference/pieces/answered-piece.ts';
export {
  type EncodedPicture,
  type EncodePicturesOptions,
  encodePictures,
} from './inference/pieces/encode-pictures.ts';
export { type PendingPictures, pendingPictures } from './inference/pieces/pending-pictures.ts';
export { type PieceOptions, piecesOf } from './inference/pieces/piece.ts';
export { type Transformation, transformLines } from './spark/transform-lines.ts';
