/** Geometry of a wall of square tiles, of which only those near the window are in the document. */

/** Places of the tiles of a wall, all of one size. */
export interface GridLayout {
  readonly columns: number;
  /** Side of a tile in pixels. */
  readonly side: number;
  /** Pixels between two tiles. */
  readonly gap: number;
  /** Pixels from a column to the next. */
  readonly across: number;
  /** Pixels from a row to the next. */
  readonly pitch: number;
  /** Height of the whole wall in pixels. */
  readonly height: number;
  readonly count: number;
}

/** Limits of the size of tiles. */
export interface TileSize {
  /** Least side in pixels; tiles grow until the row is full. */
  readonly least: number;
  readonly gap: number;
  /** Pixels below each tile for its caption. */
  readonly caption: number;
  /** Fewest columns, whatever the width. */
  readonly columns: number;
}

/** Fills a width with as many columns as fit. */
export const layoutOf = (
  width: number,
  count: number,
  { least, gap, caption, columns: fewest }: TileSize,
): GridLayout => {
  const columns = Math.max(fewest, Math.floor((width + gap) / (least + gap)));
  const side = Math.max(1, (width - (columns - 1) * gap) / columns);
  const rows = Math.ceil(count / columns);
  const pitch = side + caption + gap;
  return { columns, side, gap, across: side + gap, pitch, height: Math.max(0, rows * pitch - gap), count };
};

/** Corner of a tile, in pixels from that of the wall. */
export const cornerOf = (
  { columns, across, pitch }: GridLayout,
  index: number,
): { readonly x: number; readonly y: number } => ({
  x: (index % columns) * across,
  y: Math.floor(index / columns) * pitch,
});

/** First tile that is near a part of the wall, and the first after the last: top and bottom in pixels of the wall. */
export const tilesBetween = (
  { columns, pitch, count }: GridLayout,
  top: number,
  bottom: number,
): { readonly from: number; readonly to: number } => {
  const from = Math.max(0, Math.floor(top / pitch)) * columns;
  const to = Math.max(0, Math.ceil(bottom / pitch)) * columns;
  return { from: Math.min(from, count), to: Math.min(to, count) };
};

/** The tile that a key leads to; undefined where the key moves nothing. */
export const tileAfterKey = (
  { columns, count }: GridLayout,
  index: number,
  key: string,
  rowsOfPage: number,
): number | undefined => {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * Math.max(1, rowsOfPage),
    PageDown: columns * Math.max(1, rowsOfPage),
    Home: -count,
    End: count,
  };
  const step = steps[key];
  if (step === undefined || count === 0) return undefined;
  const next = index + step;
  // up and down stay in their column at the edges, and the keys of pages go as far as there is something
  if (key === 'ArrowUp' && next < 0) return index;
  if (key === 'ArrowDown' && next >= count) return index;
  return Math.min(count - 1, Math.max(0, next));
};
