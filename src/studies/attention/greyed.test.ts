import { expect, it } from 'vitest';
import { greyed } from './greyed.ts';

it('is white where the image is, and equally dark where it is red, yellow or black', () => {
  const data = Uint8Array.of(255, 255, 255, 255, 0, 0, 255, 255, 0, 0, 0, 0, 200, 160, 180);
  const { data: grey } = greyed({ width: 5, height: 1, data });
  expect([...grey]).toEqual([255, 255, 255, 110, 110, 110, 110, 110, 110, 110, 110, 110, 201, 201, 201]);
});
