import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints the one line that any CI can count. A file that fails outside its tests (as it loads, or in a hook) counts as a
 * failure, and so does an error that no test caught.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      if (!module.ok() && !tests.some((test) => test.result().state === 'failed')) count.failed += 1;
      for (const test of tests) {
        const { state } = test.result();
        count[state === 'passed' || state === 'failed' ? state : 'skipped'] += 1;
      }
    }
    const skipped = count.skipped ? `, ${count.skipped} skipped` : '';
    console.log(`\n${count.passed} passed, ${count.failed} failed${skipped}`);
  }
}
