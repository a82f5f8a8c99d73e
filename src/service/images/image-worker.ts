/** The thread of `createImagePool`: decodes one image after the other, so that the server's own thread never waits for one. */
import { parentPort } from 'node:worker_threads';
import { decodeImage, encodeWebp } from '../../data/image.ts';
import { fit } from '../../data/resize.ts';
import { UserError } from '../../errors.ts';
import { sha256Of, takenOf } from '../../inference/image-files.ts';
import type { ImageJob, Reply, Result } from './image-job.ts';

const resultOf = async (job: ImageJob): Promise<Result> => {
  const { bytes, where, pictures, maxMegapixels } = job;
  const pixels = await decodeImage(bytes, { where, pictures, maxMegapixels });
  if (job.kind === 'thumbnail') return await encodeWebp(pixels, { side: job.side });
  if (job.kind === 'size') return { width: pixels.width, height: pixels.height };
  return { taken: await takenOf(bytes), sha256: sha256Of(bytes), picture: fit(pixels, job.rule) };
};

parentPort!.on('message', (job: ImageJob) => {
  const reply = (message: Reply): void => parentPort!.postMessage(message);
  resultOf(job).then(
    (result) => reply({ result }),
    (error: Error) => reply({ message: error.message, isUserError: error instanceof UserError }),
  );
});

// whoever started this thread waits for it, and gives no job before
parentPort!.postMessage('ready');
