import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nanoDescription } from '../../test/fixtures/nano.ts';
import { createStudent } from '../checkpoints/derive.ts';
import { createModel } from '../checkpoints/model-file.ts';
import { takeLock } from '../files/lock.ts';
import { exportedFiles } from './exported.fixture.ts';
import { saveHuggingFace } from './hugging-face.ts';
import { exportOnnx } from './onnx.ts';

const teacher = createModel(nanoDescription('vilt'), 1);
const student = createStudent(teacher, { depth: 1 });
const options = { threads: 1 };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'export-folder-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('the folder of an export', () => {
  it('has the files of the last one alone, beside those of others', async () => {
    const to = join(root, 'again');
    await exportOnnx(student, to, options);
    await writeFile(join(to, 'mine.onnx'), 'mine');
    expect((await readdir(to)).sort()).toEqual(
      exportedFiles('answer.onnx', 'image.onnx', 'mine.onnx', 'student.json', 'text.onnx'),
    );
    await exportOnnx(teacher, to, options);
    expect((await readdir(to)).sort()).toEqual(exportedFiles('mine.onnx', 'model.onnx', 'teacher.json'));
    expect(await readFile(join(to, 'mine.onnx'), 'utf8')).toBe('mine');
  });

  it('keeps what no export has written, though it has such a name', async () => {
    const to = join(root, 'foreign');
    await mkdir(to);
    await writeFile(join(to, 'student.json'), '{"name": "Ada", "files": {"text.onnx": 1}}');
    await writeFile(join(to, 'text.onnx'), 'mine');
    await exportOnnx(teacher, to, options);
    expect(await readFile(join(to, 'text.onnx'), 'utf8')).toBe('mine');
    expect(await readFile(join(to, 'student.json'), 'utf8')).toContain('Ada');
  });

  it('is refused where another kind is there, which would be misread', async () => {
    const [onnx, huggingFace] = [join(root, 'onnx'), join(root, 'hugging-face')];
    await exportOnnx(teacher, onnx, options);
    await saveHuggingFace(huggingFace, teacher);
    await expect(exportOnnx(student, huggingFace, options)).rejects.toThrow(
      `${huggingFace}: it holds config.json, beside which an ONNX export would be misread: give another folder`,
    );
    await expect(saveHuggingFace(onnx, teacher)).rejects.toThrow('it holds teacher.json, beside which a model for');
    await saveHuggingFace(huggingFace, teacher);
    await writeFile(join(huggingFace, 'tokenizer.json'), '{}');
    await expect(saveHuggingFace(huggingFace, teacher)).rejects.toThrow('it holds tokenizer.json');
  });

  it('is written by one process at a time, and what a killed one left goes', async () => {
    const to = join(root, 'locked');
    await mkdir(join(to, 'replacing.0123456789ab.tmp'), { recursive: true });
    const unlock = await takeLock(join(to, 'export.lock'), to);
    await expect(exportOnnx(student, to, options)).rejects.toThrow(`${to}: process ${process.pid} is writing it`);
    await unlock();
    await exportOnnx(student, to, options);
    expect(await readdir(to)).not.toContain('replacing.0123456789ab.tmp');
  });
});
