import type { Option } from 'commander';
import { retrievalOptions } from '../../training.ts';
import { count } from './options.ts';

/** Number of images that are searched. */
export const galleryOption = (description: string): Option => count(retrievalOptions.gallery.flag, description);
