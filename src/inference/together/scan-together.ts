import type { Processes } from '../../processes/processes.ts';

/** Images that one process scans before all hand their scores round. */
const PIECE = 4096;

/** Scores of some images, in arrays. */
interface ScoredImages {
  /** Places of the images. */
  readonly places: Uint32Array;
}

/**
 * Scans with other processes, each its own pieces of the places, in turn. Each process is given the scores of all, in the
 * order of the places: those that one process alone would find, to the bit, since pieces are computed as it would.
 *
 * @param scanPart scans some of the places, ascending, in blocks none of which reaches over 4096 places.
 */
export async function* scanTogether<Block extends ScoredImages>(
  places: Uint32Array,
  processes: Processes,
  scanPart: (own: Uint32Array) => AsyncGenerator<Block, void, undefined>,
): AsyncGenerator<Block, void, undefined> {
  const { rank, size } = processes;
  const pieces = Array.from({ length: Math.ceil(places.length / PIECE) }, (_, i) =>
    places.subarray(i * PIECE, (i + 1) * PIECE),
  );
  const own = pieces.filter((_, i) => i % size === rank);
  const blocks = scanPart(Uint32Array.from(own.flatMap((piece) => [...piece])));
  try {
    for (let first = 0; first < pieces.length; first += size) {
      const found = await scanned(blocks, pieces[first + rank]?.length ?? 0);
      for (const theirs of await processes.share(found)) yield* theirs;
    }
  } finally {
    await blocks.return();
  }
}

/** The next blocks of so many images. */
const scanned = async <Block extends ScoredImages>(
  blocks: AsyncGenerator<Block, void>,
  count: number,
): Promise<Block[]> => {
  const found: Block[] = [];
  for (let done = 0; done < count; done += found.at(-1)!.places.length) {
    const { value } = await blocks.next();
    if (!value) throw new Error(`scan: ${done} of ${count} images of a piece were scanned`);
    found.push({ ...value, places: value.places.slice() });
  }
  return found;
};
