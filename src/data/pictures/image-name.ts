import { createHash } from 'node:crypto';
import { bytesInMemory, type ImageSource, isPixels, type StoredImage } from '../example.ts';

/**
 * The name of an image: its path, or the row or member that holds it. One in memory is named by the hash of its bytes, so
 * that equal images have one name.
 */
export const imageName = (image: ImageSource): string => {
  if (typeof image === 'string') return image;
  const bytes = isPixels(image) ? image.data : bytesInMemory(image);
  if (!bytes) return (image as StoredImage).name;
  const size = isPixels(image) ? `${image.width} x ${image.height} pixels` : `${bytes.length} bytes`;
  return `image of ${size} (sha256 ${createHash('sha256').update(size).update(bytes).digest('hex').slice(0, 16)})`;
};
