/**
 * `dide/hub`: models and data sets of the Hugging Face Hub. `loadModel` and every function that takes data fetch by
 * themselves what is named by an id; these fetch without opening, with progress, and push.
 */

export { type PullDatasetOptions, pullDataset } from './data/formats/from-hub.ts';
export type { CardAccuracy, CardEvaluation, CardFacts } from './export/model-card.ts';
export { type PushModelOptions, pushModel } from './export/push-model.ts';
export type { PulledData } from './hub/dataset.ts';
export { type PulledModel, pullModel } from './hub/model.ts';
export type { Pulled, PullOptions, PullProgress } from './hub/pull.ts';
export type { Pushed, PushOptions, PushProgress } from './hub/push.ts';
