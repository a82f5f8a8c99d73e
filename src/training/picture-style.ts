import { existsSync } from 'node:fs';
import { openSafetensors } from '../checkpoints/formats/safetensors.ts';
import type { Example } from '../data/example.ts';
import type { PictureStyle } from '../data/pictures/options.ts';
import { parseJson } from '../files/json.ts';
import { PROGRESS } from './checkpoint.ts';
import type { TrainingOptions } from './options.ts';
import { lastIn } from './run-folder.ts';
import { keptPictures } from './teacher-outputs/records.ts';

/** Options that decide how the pictures of a run are read. */
interface StyleOptions extends Pick<TrainingOptions, 'pictures' | 'resume' | 'folder'> {
  readonly cacheTeacher?: string | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Style in which the pictures of a run are read: as asked; as before, where a run is resumed or a teacher's outputs are kept
 * already (those of earlier versions, which say nothing of it, are of pictures as ViLT reads them); otherwise as its data
 * say, or as shown.
 */
export const pictureStyleOf = async (
  examples: readonly Example[],
  { pictures, resume, folder, cacheTeacher, onWarning }: StyleOptions,
): Promise<PictureStyle> => {
  const usual = pictures ?? examples[0]?.pictures ?? 'as-shown';
  if (pictures !== undefined || usual === 'as-vilt') return usual;
  const begun = resume && folder !== undefined ? await styleOfRun(folder) : undefined;
  const kept = begun ?? (cacheTeacher === undefined ? undefined : await keptPictures(cacheTeacher));
  if (kept !== 'as-vilt') return usual;
  onWarning?.(
    `${begun ? folder : cacheTeacher}: it began with pictures as ViLT reads them (as-vilt), without their EXIF orientation and transparency, and goes on so`,
  );
  return kept;
};

/** Style in which a run read its pictures so far; undefined where it has no checkpoint. */
const styleOfRun = async (folder: string): Promise<PictureStyle | undefined> => {
  if (!existsSync(lastIn(folder))) return undefined;
  await using file = await openSafetensors(lastIn(folder));
  const progress = parseJson(file.metadata.get(PROGRESS) ?? '') as { options?: { pictures?: string } } | undefined;
  return progress?.options?.pictures === 'as-shown' ? 'as-shown' : 'as-vilt';
};
