import type { Option } from 'commander';
import { retrievalOptions } from '../../training.ts';
import { count } from './options.ts';

/** How many images are searched. */
export const galleryOption = (description: string): Option => count(retrievalOptions.gallery.flag, description);
