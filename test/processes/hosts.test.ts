import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeNano } from '../fixtures/nano.ts';
import { lastOf } from './kills.ts';
import { childCommand, endOf, mpirun, withoutMpi } from './mpi.fixture.ts';
import type { RunOrder } from './run.child.ts';

const home = mkdtempSync(join(tmpdir(), 'processes-hosts-'));
const own = `dide${process.pid}`;
const hosts = [`${own}a`, `${own}b`] as const;

const ip = (...given: readonly string[]): boolean => spawnSync('ip', given, { stdio: 'ignore' }).status === 0;

/** Two network namespaces on one bridge, as two hosts. → whether they may be made here */
const makeHosts = (): boolean =>
  ip('link', 'add', own, 'type', 'bridge') &&
  ip('addr', 'add', '10.77.0.254/24', 'dev', own) &&
  ip('link', 'set', own, 'up') &&
  hosts.every(
    (host, i) =>
      ip('netns', 'add', host) &&
      ip('link', 'add', `${own}${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host) &&
      ip('link', 'set', `${own}${i}`, 'master', own, 'up') &&
      ip('-n', host, 'addr', 'add', `10.77.0.${i + 1}/24`, 'dev', 'eth0') &&
      ip('-n', host, 'link', 'set', 'eth0', 'up') &&
      ip('-n', host, 'link', 'set', 'lo', 'up'),
  );

afterAll(() => {
  for (const host of hosts) ip('netns', 'delete', host);
  ip('link', 'delete', own);
  rmSync(home, { recursive: true, force: true });
});

/** Starts MPI's daemon in a host, whose name is its own there. */
const agent = `#!/bin/sh
host=$1
shift
exec ip netns exec "$host" unshare --uts sh -c "hostname $host; $*"
`;

/** Bytes that a host has sent to the other. */
const sentFrom = (host: string): number => {
  const { stdout } = spawnSync('ip', ['netns', 'exec', host, 'cat', '/sys/class/net/eth0/statistics/tx_bytes']);
  return Number(String(stdout));
};

const onHosts = (script: string): string[] => [
  ...['--host', hosts.map((host) => `${host}:1`).join(',')],
  ...['--prtemca', 'plm_ssh_agent', script, '--prtemca', 'prte_if_include', '10.77.0.0/24'],
  ...['--mca', 'pml', 'ob1', '--mca', 'btl', 'tcp,self', '--mca', 'btl_tcp_if_include', '10.77.0.0/24'],
];

describe.skipIf(withoutMpi)('a training on two hosts', () => {
  it('is done over their network', { timeout: 300_000 }, async ({ skip }) => {
    if (!makeHosts()) return skip('no network namespaces can be made here');
    const [data, folder, script] = ['scenes', 'run', 'agent.sh'].map((name) => join(home, name)) as [
      string,
      string,
      string,
    ];
    await writeNano(data);
    writeFileSync(script, agent);
    chmodSync(script, 0o755);
    const order: RunOrder = { data, folder, batch: 4, updates: 4 };
    const command = childCommand(new URL('run.child.ts', import.meta.url), JSON.stringify(order));
    const end = await endOf(mpirun(2, command, onHosts(script)));
    expect(end.code, end.error).toBe(0);
    expect((await lastOf(folder)).update).toBe(4);
    // the gradients of each update, in each direction
    const bytes = 4 * readFileSync(join(folder, 'best.safetensors')).length;
    for (const host of hosts) expect(sentFrom(host), host).toBeGreaterThan(bytes / 2);
  });
});
