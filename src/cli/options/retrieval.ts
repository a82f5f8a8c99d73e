import type { Option } from 'commander';
import { count } from './options.ts';

/** What a training to retrieve is told beside the rest. */
export const retrievalOptions = (): Option[] => [
  count('--false-texts <n>', 'texts that an image must tell its own from, for a fusion encoder (default: 15)'),
  galleryOption(
    'the first images of validation, searched with all their texts (default: 1000; fusion encoder: 64, as it passes over every pair)',
  ),
];

/** How many images are searched. */
export const galleryOption = (description: string): Option => count('--gallery <images>', description);
