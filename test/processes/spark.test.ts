import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateStore } from '../../bench/generated-store.ts';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { saveModel } from '../../src/checkpoints/save-model.ts';
import { openPredictor } from '../../src/inference/open-predictor.ts';
import { dide, jsonOf, parsed } from '../cli/cli.fixture.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';
import { type Cluster, startCluster, withoutSpark } from './spark.fixture.ts';

const home = mkdtempSync(join(tmpdir(), 'processes-spark-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const at = (name: string): string => join(home, name);

if (withoutSpark !== undefined) console.log(`without Spark: ${withoutSpark}`);

describe.skipIf(withoutSpark)('a cluster of Spark', { timeout: 240_000 }, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const starting = startCluster();
    await writeNano(at('scenes'), 10);
    // a name that shell and SQL would read otherwise
    cpSync(at('scenes/images/train'), at("it's \\ photos"), { recursive: true });
    const student = createStudent(createModel(nanoDescription('vilt'), 1), { seed: 2 });
    await saveModel(at('student.safetensors'), student);
    await using predictor = await openPredictor(student, { threads: 1 });
    await generateStore(predictor, { to: at('cache'), images: 30_000, precision: 'float16' });
    // a worker that says whose it is when it begins, and takes its time
    const main = resolve('src/cli/main.ts');
    writeFileSync(
      at('worker.sh'),
      `echo $PPID >> '${at('begun')}'\nsleep 2\nexec '${process.execPath}' --import tsx '${main}' "$@"\n`,
    );
    cluster = await starting;
  }, 240_000);
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  /** The executors of all tasks that have begun. */
  const begun = (): number[] =>
    existsSync(at('begun')) ? readFileSync(at('begun'), 'utf8').trimEnd().split('\n').map(Number) : [];

  const bySpark = (): string[] => [
    ...['--spark', cluster.address, '--spark-tasks', '2', '--spark-command', `sh '${at('worker.sh')}'`],
  ];

  it('answers as one process does, to the bit, and an executor that is killed costs nothing', async () => {
    const asked = ['ask', at('student.safetensors'), `is there a "red" star?`, '--cache', at('cache')];
    const more = ['--top', '50', '--histogram', '--json'];
    let killed = false;
    const timer = setInterval(() => {
      if (!killed && begun().length > 0) killed = cluster.killExecutor(begun()[0]!);
    }, 50);
    const answers = parsed(await dide([...asked, ...more, ...bySpark()]));
    clearInterval(timer);
    expect(killed).toBe(true);
    // a task more than there are: that of the executor was done again
    expect(begun().length).toBeGreaterThan(2);
    expect(answers).toEqual(await jsonOf(...asked, ...more.slice(0, -1)));
  });

  it('caches what one process caches, and then nothing again', async () => {
    const cached = (to: string, ...more: string[]): string[] => [
      ...['cache', at('student.safetensors'), at("it's \\ photos"), '--to', at(to), ...more],
    ];
    const { milliseconds: _, to: __, ...ours } = parsed(await dide(cached('ours', '--json', ...bySpark())));
    const { milliseconds: ___, to: ____, ...alone } = await jsonOf(...cached('alone', '--threads', '1'));
    expect({ ...ours, cost: undefined }).toEqual({ ...alone, cost: undefined });
    expect(ours).toMatchObject({ encoded: 20, images: 20 });
    const asked = (to: string) => jsonOf('ask', at('student.safetensors'), 'is there a red star?', '--cache', at(to));
    const [one, other] = [await asked('ours'), await asked('alone')];
    for (const [i, { image, probability }] of one.answers.entries()) {
      expect(image).toBe(other.answers[i].image);
      expect(probability).toBeCloseTo(other.answers[i].probability, 3);
    }
    const before = begun();
    expect(parsed(await dide(cached('ours', '--json', ...bySpark())))).toMatchObject({ encoded: 0, kept: 20 });
    expect(begun()).toEqual(before);
  });

  it('gives a command up that fails, in one line', async () => {
    const { code, stderr } = await dide([
      ...['ask', at('student.safetensors'), 'is there a star?', '--cache', at('cache')],
      ...['--spark', cluster.address, '--spark-tasks', '1', '--spark-command', 'false'],
    ]);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^sc:\/\/127.*: Spark gave it up \(\d+\): .*status 1.*: see the log/,
    );
  });
});
