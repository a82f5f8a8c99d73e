import { expect, it, vi } from 'vitest';
import { fuzzService, hasSchemathesis } from '../../scripts/service-fuzz.ts';

vi.setConfig({ testTimeout: 1_200_000 });

it.skipIf(!hasSchemathesis())(
  'whatever is sent, the answer is as the document describes, and never a fault',
  async () => {
    const { code, said } = await fuzzService(3);
    expect(code, said).toBe(0);
  },
);
