import { defineConfig } from 'tsdown';

/** A file of dist for each of src, so that assets and package.json lie where the sources look for them. */
export default defineConfig({
  entry: [
    ...['src/index.ts', 'src/engine.ts', 'src/model.ts', 'src/data.ts', 'src/training.ts', 'src/query.ts'],
    'src/cli/main.ts',
  ],
  format: 'esm',
  platform: 'node',
  target: 'node20',
  unbundle: true,
  dts: true,
  fixedExtension: false,
});
