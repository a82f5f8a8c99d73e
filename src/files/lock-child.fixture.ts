import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { takeLock } from './lock.ts';

/** Takes the lock that it is given, says so, and holds it until it is killed. */
const [, , path = ''] = process.argv;
await takeLock(path, dirname(path));
process.stdout.write('taken\n');
await setTimeout(60_000);
