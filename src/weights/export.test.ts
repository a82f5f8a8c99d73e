import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SPECIAL_PIECES } from '../data/words.ts';
import { tiny } from '../models/sizes.ts';
import { vqa } from '../tasks/vqa.ts';
import type { Description } from './description.ts';
import { type ExportPrecision, exportStudent } from './export.ts';
import { loadTeacher } from './load-teacher.ts';
import { saveHuggingFace } from './save-hugging-face.ts';
import { createUntrained } from './trained.ts';

const description: Description = {
  model: 'dide',
  sizes: { ...tiny, vocabulary: SPECIAL_PIECES.length },
  task: 'vqa',
  images: 1,
  scoring: 'softmax',
  answers: ['yes', 'no', 'maybe'],
  vocabulary: [...SPECIAL_PIECES],
  recipe: {},
};

/** A Python that has the packages, by DIDE_PYTHON or on the path; without one these tests are skipped. */
const python = process.env.DIDE_PYTHON ?? 'python3';
const canImport = (packages: string): boolean => spawnSync(python, ['-c', `import ${packages}`]).status === 0;
const runPython = (code: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(python, ['-c', code, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'));
});
afterAll(() => rm(folder, { recursive: true }));

const sizes: Partial<Record<ExportPrecision, number>> = {};

describe('a student exported as ONNX', () => {
  it.each([
    ['fp32', 1e-5],
    ['fp16', 5e-3],
    ['int8', 0.1],
  ] as const)('in %s answers as the student does, within %d of its largest logit', async (precision, accepted) => {
    const to = join(folder, precision);
    const { files, difference, largest, pairs } = await exportStudent(createUntrained(description, 3), to, {
      precision,
      threads: 1,
    });
    sizes[precision] = files.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(difference / largest).toBeLessThan(accepted);
    expect(largest).toBeGreaterThan(0);
    expect(pairs).toBe(16);
    expect((await readdir(to)).sort()).toEqual(
      ['answer.onnx', 'image.onnx', 'student.json', 'text.onnx', 'tokenizer_config.json', 'vocab.txt'].sort(),
    );
    expect(JSON.parse(await readFile(join(to, 'student.json'), 'utf8'))).toMatchObject({
      precision,
      answers: ['yes', 'no', 'maybe'],
    });
  });

  it('takes less room the fewer bits it has', () => {
    expect(sizes.fp16!).toBeLessThan(0.75 * sizes.fp32!);
    expect(sizes.int8!).toBeLessThan(sizes.fp16!);
  });

  it('must be a student', async () => {
    const teacher = createUntrained({ ...description, model: 'vilt' }, 3);
    await expect(exportStudent(teacher, join(folder, 'teacher'))).rejects.toThrow('encodes no image without a text');
  });

  it.skipIf(!canImport('onnx, onnxruntime'))('is valid ONNX that another runtime loads', () => {
    const code = `
import sys, onnx, onnxruntime
for precision in ("fp32", "fp16", "int8"):
    for name in ("text", "image", "answer"):
        path = f"{sys.argv[1]}/{precision}/{name}.onnx"
        onnx.checker.check_model(path, full_check=True)
        print([end.name for end in onnxruntime.InferenceSession(path).get_inputs()])
`;
    expect(runPython(code, folder).trim().split('\n')).toHaveLength(9);
  });
});

describe('a teacher saved for transformers', () => {
  const files = 'test/files/checkpoint';

  it('holds the very tensors of the folder that it was loaded from', async () => {
    const loaded = await loadTeacher(`${files}/hf`, { task: vqa });
    await saveHuggingFace(join(folder, 'hf'), loaded);
    const again = await loadTeacher(join(folder, 'hf'), { task: vqa });
    expect(again.weights).toEqual(loaded.weights);
    expect(again.description).toEqual({ ...loaded.description, recipe: again.description.recipe });
  });

  it('cannot be a student, which transformers does not know', async () => {
    await expect(saveHuggingFace(folder, createUntrained(description, 1))).rejects.toThrow('no dual encoder');
  });

  it.skipIf(!canImport('transformers, torch'))('is loaded by from_pretrained and answers as before', async () => {
    await saveHuggingFace(join(folder, 'again'), await loadTeacher(`${files}/hf`, { task: vqa }));
    const code = `
import json, sys, torch
from transformers import ViltForQuestionAnswering, ViltImageProcessor, BertTokenizer
model, info = ViltForQuestionAnswering.from_pretrained(sys.argv[1], output_loading_info=True)
ViltImageProcessor.from_pretrained(sys.argv[1]); BertTokenizer.from_pretrained(sys.argv[1])
told = json.load(open(sys.argv[2]))
ids = torch.tensor(told["ids"]); pixels = torch.tensor(told["pixels"])
mask = torch.ones(2, 12, 12, dtype=torch.long); mask[0, 8:] = 0
with torch.no_grad():
    logits = model.eval()(input_ids=ids, attention_mask=(ids != 0).long(), pixel_values=pixels, pixel_mask=mask).logits
print(json.dumps([sum(len(v) for v in info.values()), (logits - torch.tensor(told["logits"])).abs().max().item()]))
`;
    const said = runPython(code, join(folder, 'again'), `${files}/expected.json`);
    const [complaints, difference] = JSON.parse(said.trim().split('\n').at(-1)!) as [number, number];
    expect(complaints).toBe(0);
    expect(difference).toBeLessThan(1e-5);
  });
});
