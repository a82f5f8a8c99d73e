import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Folder of Spark, with `bin/spark-class` and `jars`: `deps` of PyPI's pyspark. */
const home = process.env.DIDE_SPARK;

const hasJava = (): boolean => spawnSync('java', ['-version']).status === 0;

/** Why tests with a cluster of Spark are skipped; undefined where they are not. */
export const withoutSpark: string | undefined =
  home === undefined
    ? 'DIDE_SPARK names no folder of Spark'
    : !existsSync(join(home, 'bin', 'spark-class'))
      ? `${home} has no bin/spark-class`
      : hasJava()
        ? undefined
        : 'there is no Java';

/** A cluster of Spark on this machine: a master, two workers with an executor each, and a server of Spark Connect. */
export interface Cluster extends AsyncDisposable {
  /** Address of Spark Connect. */
  readonly address: string;
  /** Kills an executor, by the number of its process. → whether it was one */
  readonly killExecutor: (pid: number) => boolean;
}

const HOST = '127.0.0.1';

/** Starts a cluster on free ports, and waits until it takes work. */
export const startCluster = async (): Promise<Cluster> => {
  const folder = await mkdtemp(join(tmpdir(), 'dide-spark-'));
  const [master, connectPort, web] = (await freePorts(3)) as [number, number, number];
  const url = `spark://${HOST}:${master}`;
  const children: ChildProcess[] = [];
  const start = (name: string, program: string, args: readonly string[]): void => {
    const log = createWriteStream(join(folder, `${name}.log`));
    const env = { ...process.env, SPARK_HOME: home, SPARK_LOCAL_IP: HOST, SPARK_DAEMON_MEMORY: '512m' };
    // bash, since a wheel does not say that its programs are such
    const child = spawn('bash', [join(home!, 'bin', program), ...args], { env: { ...env, SPARK_LOG_DIR: folder } });
    for (const stream of [child.stdout, child.stderr]) stream.pipe(log);
    children.push(child);
  };
  const stop = async (): Promise<void> => {
    for (const child of children) child.kill('SIGKILL');
    for (const { pid } of processesIn(folder)) process.kill(pid, 'SIGKILL');
    await sleep(200);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    start('master', 'spark-class', [
      ...['org.apache.spark.deploy.master.Master', '--host', HOST, '--port', `${master}`, '--webui-port', `${web}`],
    ]);
    await whenOpen(master);
    for (const name of ['one', 'two'])
      start(name, 'spark-class', [
        ...['org.apache.spark.deploy.worker.Worker', '--host', HOST, '--cores', '1', '--memory', '600M'],
        ...['--webui-port', '0', '--work-dir', join(folder, name), url],
      ]);
    const settings = {
      'spark.executor.memory': '512m',
      'spark.executor.cores': '1',
      'spark.driver.host': HOST,
      'spark.task.maxFailures': '2',
      'spark.ui.enabled': 'false',
      'spark.sql.catalogImplementation': 'in-memory',
      'spark.sql.warehouse.dir': join(folder, 'warehouse'),
      'spark.connect.grpc.binding.port': `${connectPort}`,
    };
    start('connect', 'spark-submit', [
      ...['--class', 'org.apache.spark.sql.connect.service.SparkConnectServer', '--master', url],
      ...[
        '--driver-memory',
        '600m',
        ...Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
      ],
      'spark-internal',
    ]);
    await whenOpen(connectPort);
  } catch (error) {
    const log = await readFile(join(folder, 'connect.log'), 'utf8').catch(() => '');
    await stop();
    throw new Error(`${error}: ${log.slice(-2000)}`);
  }
  return {
    address: `sc://${HOST}:${connectPort}`,
    killExecutor: (pid) => {
      const executor = processesIn(folder).find((one) => one.pid === pid);
      const isOne = executor?.command.includes('CoarseGrainedExecutorBackend') ?? false;
      if (isOne) process.kill(pid, 'SIGKILL');
      return isOne;
    },
    [Symbol.asyncDispose]: stop,
  };
};

/** Processes that work in a folder: the executors of its workers, and what they have started. */
const processesIn = (folder: string): { readonly pid: number; readonly command: string }[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const isThere = readlinkSync(join('/proc', name, 'cwd')).startsWith(`${folder}/`);
        return isThere ? [{ pid: Number(name), command: readFileSync(join('/proc', name, 'cmdline'), 'utf8') }] : [];
      } catch {
        return [];
      }
    });

/** Waits until a port takes connections. @throws Error after two minutes. */
const whenOpen = async (port: number): Promise<void> => {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await isOpen(port)) return;
    await sleep(200);
  }
  throw new Error(`nothing listens to port ${port}`);
};

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, HOST);
    const end = (is: boolean) => (): void => {
      socket.destroy();
      resolve(is);
    };
    socket.on('connect', end(true)).on('error', end(false));
  });

const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = servers.map(
    (server) =>
      new Promise<number>((resolve) =>
        server.listen(0, HOST, () => resolve((server.address() as { port: number }).port)),
      ),
  );
  const found = await Promise.all(ports);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
};
