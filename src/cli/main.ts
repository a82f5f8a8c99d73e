#!/usr/bin/env node
import { run } from './program.ts';

// A reader that has seen enough (`dide … | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv);
