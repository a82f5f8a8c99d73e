import { loadModel } from '../../src/checkpoints/load.ts';
import { readVocabulary } from '../../src/data/vocabulary-file.ts';
import { vqa } from '../../src/tasks/vqa.ts';

/** Loads a small checkpoint, so that all code is there, then a large one, and prints by how many bytes memory grew at most. */
const [small, large, pieces] = process.argv.slice(2) as [string, string, string];
const options = { task: vqa, answers: ['no', 'yes', 'maybe'], vocabulary: await readVocabulary(pieces) };
await loadModel(small, options);
const before = process.memoryUsage().rss;
const { weights } = await loadModel(large, options);
const bytes = [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
process.stdout.write(JSON.stringify({ bytes, growth: process.resourceUsage().maxRSS * 1024 - before }));
