import { defineConfig } from 'tsdown';

/** A file of dist for each of src, so that assets and package.json lie where the sources look for them. */
export default defineConfig({
  entry: [
    ...['index', 'engine', 'model', 'data', 'training', 'query', 'hub', 'scale', 'server', 'client', 'web'].map(
      (face) => `src/${face}.ts`,
    ),
    'src/cli/main.ts',
    'src/service/images/image-worker.ts',
  ],
  format: 'esm',
  platform: 'node',
  target: 'node20',
  unbundle: true,
  dts: true,
  fixedExtension: false,
});
