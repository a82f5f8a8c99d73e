/** Loaded before a command (`node --import`), says on its standard error at its end what it used. */
import { writeSync } from 'node:fs';

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(
    2,
    `\nusage ${JSON.stringify({ cpuMilliseconds: (userCPUTime + systemCPUTime) / 1000, bytes: maxRSS * 1024 })}\n`,
  );
});
