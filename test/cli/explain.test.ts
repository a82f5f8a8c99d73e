import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { best, failing, inProcess, jsonOf, placeForTests } from './cli.fixture.ts';

const place = placeForTests();

const firstOf = (data: string): { image: string; question: string } =>
  JSON.parse(readFileSync(join(data, 'test-iid.jsonl'), 'utf8').split('\n')[0]!);

describe('dide explain', () => {
  it('writes a page of a student beside its teacher, and says how far they are apart', async () => {
    const { data, student, teacher, root } = place();
    const { image, question } = firstOf(data);
    const to = join(root, 'pages', 'explain.html');
    const args = ['explain', best(student), join(data, image), question, '--to', to, '--threads', '1'];
    const { models, words } = await jsonOf(...args, '--teacher', best(teacher), '--without', best(student));
    expect(models.map(({ name }: { name: string }) => name)).toEqual(['teacher', 'student', 'student, not distilled']);
    expect(models[1].divergence).toEqual(models[2].divergence);
    expect(words).toContain('?');
    expect(readFileSync(to, 'utf8')).toContain(`“${question}”`);
    const alone = await inProcess(args);
    expect(alone.stdout).toMatch(/^model .*\nstudent .* %/);
  });

  it('says what is wrong with what it was given', async () => {
    const { root, student, teacher } = place();
    const args = ['--to', join(root, 'no.html'), '--threads', '1'];
    const without = ['--without', best(teacher)];
    expect(
      await failing(root, 'explain', best(student), join(root, 'no.png'), 'is it red?', ...args, ...without),
    ).toMatch(/it is a fusion encoder, not a student: give --without a student/);
    expect(
      await failing(root, 'explain', best(student), join(root, 'no.png'), 'is there a red star?', ...args),
    ).toContain('there is no such image');
    expect(await failing(root, 'explain', best(student), join(root, 'no.png'), ' ', ...args)).toContain(
      'the text is empty',
    );
  });
});
