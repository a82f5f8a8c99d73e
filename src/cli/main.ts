#!/usr/bin/env node
import { run } from './program.ts';
import { endAtSignals } from './terminal/interrupt.ts';

// A reader that has seen enough (`dide … | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

if (process.pid === 1) endAtSignals();
process.exitCode = await run(process.argv);
