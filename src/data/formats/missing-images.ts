import { UserError } from '../../errors.ts';
import type { Example, ImageSource } from '../example.ts';
import { imageName } from '../pictures/image-name.ts';
import { createFinder, type Dataset, type DatasetQuery } from './format.ts';

/** Images that annotations name and the disk lacks: counted, then an error or a notice. */
export const createMissing = ({ missing = 'refuse', onLeftOut }: Pick<DatasetQuery, 'missing' | 'onLeftOut'>) => {
  const all: string[] = [];
  return {
    /** Counts an annotation; `paths` are the places where its image was looked for. */
    add: (where: string, paths: readonly string[]): void => {
      const why = `${where}: ${paths[0]}${paths.length > 1 ? ` (or ${paths.slice(1).join(', ')})` : ''}`;
      all.push(why);
      onLeftOut?.({ kind: 'missing image', why: `${why} is not there` });
    },
    /** @throws UserError when images are missing and may not be. */
    notices: (path: string): string[] => {
      if (all.length === 0) return [];
      const some = all.slice(0, 3).join('; ') + (all.length > 3 ? '; …' : '');
      const message = `${path}: ${all.length === 1 ? '1 annotation names an image that is' : `${all.length} annotations name images that are`} not there: ${some}`;
      if (missing === 'skip') return [`${message}: passed over.`];
      throw new UserError(`${message}: get them, or pass them over with missing: 'skip' (--missing skip).`);
    },
  };
};

/**
 * The examples whose images are all there; those inside other files are.
 *
 * @throws UserError when images are missing and may not be.
 */
export const withImages = (
  all: readonly Example[],
  path: string,
  query: DatasetQuery,
): Pick<Dataset, 'examples' | 'notices'> => {
  const [find, missing] = [createFinder(''), createMissing(query)];
  const examples = all.flatMap((example) => {
    const images = example.images.map((image) =>
      // tables that were made on Windows separate folders by a backslash
      typeof image === 'string' ? find([image, image.replaceAll('\\', '/')]) : image,
    );
    const gone = example.images.find((_, i) => images[i] === undefined);
    if (gone === undefined) return [{ ...example, images: images as ImageSource[] }];
    missing.add(example.id, [imageName(gone)]);
    return [];
  });
  return { examples, notices: missing.notices(path) };
};
