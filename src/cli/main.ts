#!/usr/bin/env node
import { exits, run } from './program.ts';
import { endAtSignals } from './terminal/interrupt.ts';
import { explainSystemError } from './terminal/system-error.ts';

// A reader that has seen enough (`dide … | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`standard output: ${explainSystemError(error) ?? error.message}\n`);
  process.exit(exits.userError);
});

endAtSignals();
process.exitCode = await run(process.argv);
