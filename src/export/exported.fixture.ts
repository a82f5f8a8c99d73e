/** Files of every ONNX export, beside its graphs and their manifest. */
const always = ['answer.mjs', 'answer.py', 'tokenizer_config.json', 'vocab.txt'];

/** Names of all files of an export that has these of its own, sorted. */
export const exportedFiles = (...own: readonly string[]): string[] => [...always, ...own].sort();
