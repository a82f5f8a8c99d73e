import { describe, expect, it } from 'vitest';
import { crc32c, openingRecord, scalarsRecord } from './tensorboard.ts';

describe('CRC-32C', () => {
  it.each([
    ['the nine digits', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
    ['32 zeros (RFC 3720)', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones (RFC 3720)', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31 (RFC 3720)', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ])('of %s is the known one', (_, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
  });
});

it('opens an event file with the bytes that TensorFlow writes', () => {
  // double 0.0 in field 1, then "brain.Event:2" in field 3: 24 bytes.
  const bytes = Buffer.from(openingRecord(0));
  expect(bytes.readBigUInt64LE()).toBe(24n);
  expect(bytes.subarray(12, 36).toString('latin1')).toBe('\x09\0\0\0\0\0\0\0\0\x1a\x0dbrain.Event:2');
});

it('writes a scalar as Event, Summary and Value, byte by byte', () => {
  const bytes = Buffer.from(scalarsRecord({ step: 300, time: 1, values: { loss: 0.5 } }));
  const value = [0x0a, 4, ...Buffer.from('loss'), 0x15, 0, 0, 0, 0x3f];
  const summary = [0x0a, value.length, ...value];
  const event = [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0xac, 0x02, 0x2a, summary.length, ...summary];
  expect([...bytes.subarray(12, -4)]).toEqual(event);
  expect(bytes.length).toBe(12 + event.length + 4);
});

it('keeps numbers that are none, and makes what is too large for float32 infinite', () => {
  const values = { a: Number.NaN, b: Number.NEGATIVE_INFINITY, c: 1e300 };
  const bytes = Buffer.from(scalarsRecord({ step: 0, time: 0, values }));
  const stored = ['a', 'b', 'c'].map((tag) => bytes.readFloatLE(bytes.indexOf(`\x01${tag}\x15`) + 3));
  expect(stored).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
});
