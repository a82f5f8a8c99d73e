/**
 * One of several processes that end or are lost at a chosen moment: `node --import tsx test/processes/ending.child.ts
 * <how>`. Each prints what came of it.
 */
import { joinMpi } from '../../src/processes/mpi.ts';
import { loadMpi } from '../../src/processes/mpi-api.ts';
import { together } from '../../src/training/shared/together.ts';

/**
 * `fails`: process 1 throws while the others sum; `leaves`: it ends its loop before them; `lost-twice`: process 3 is killed,
 * and process 1 while those that are left make channels of their own.
 */
export type Ending = 'fails' | 'leaves' | 'lost-twice';

const die = (): void => void process.kill(process.pid, 'SIGKILL');

const how = process.argv[2] as Ending;
const mpi = await loadMpi();
let beforeCopy = (): void => {};
await using processes = await joinMpi({
  ...mpi,
  MPI_Comm_dup: (...given) => {
    beforeCopy();
    return mpi.MPI_Comm_dup(...given);
  },
});
const { rank } = processes;

/** → the number of processes that are there */
const count = async (): Promise<number> => {
  const ones = Float64Array.of(1);
  await processes.sum([ones]);
  return ones[0]!;
};

if (how === 'lost-twice') {
  if (rank === 1) beforeCopy = die;
  if (rank === 3) die();
  const left = await together(processes, count, async () => {});
  console.log(`${rank} was there, with ${left} of ${processes.size}`);
} else {
  for (let update = 1; update <= 4; update += 1) {
    if (rank === 1 && update === 3) {
      if (how === 'leaves') break;
      throw new Error('its disk is full');
    }
    await count();
  }
  console.log(`${rank} is done`);
}
