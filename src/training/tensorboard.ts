import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Named scalars at one step of a run; `time` in seconds since 1970. */
export interface Measurement {
  readonly step: number;
  readonly time: number;
  readonly values: Readonly<Record<string, number>>;
}

/** First bytes of a TensorBoard event file: an Event with the version of the format. */
export const openingRecord = (time: number): Uint8Array =>
  record(
    new BinaryWriter().tag(1, WireType.Bit64).double(time).tag(3, WireType.LengthDelimited).string('brain.Event:2'),
  );

/**
 * Encodes a measurement as a record of a TensorBoard event file:
 *
 *   Event { 1: double wall_time, 2: int64 step, 5: Summary { 1: Value { 1: string tag, 2: float simple_value } … } }
 */
export const scalarsRecord = ({ step, time, values }: Measurement): Uint8Array => {
  const event = new BinaryWriter().tag(1, WireType.Bit64).double(time).tag(2, WireType.Varint).int64(step);
  event.tag(5, WireType.LengthDelimited).fork();
  for (const [tag, value] of Object.entries(values)) {
    event.tag(1, WireType.LengthDelimited).fork();
    event.tag(1, WireType.LengthDelimited).string(tag).tag(2, WireType.Bit32).float(asFloat(value)).join();
  }
  return record(event.join());
};

/** Rounds to float32. A number too large for it becomes infinite, which the Protobuf writer would refuse. */
const asFloat = (value: number): number => Math.fround(value);

/** Frames bytes as a TFRecord: uint64 length, masked CRC of the length, the bytes, masked CRC of the bytes. */
const record = (event: BinaryWriter): Uint8Array => {
  const bytes = event.finish();
  const framed = Buffer.alloc(12 + bytes.length + 4);
  framed.writeBigUInt64LE(BigInt(bytes.length));
  framed.writeUInt32LE(masked(crc32c(framed.subarray(0, 8))), 8);
  framed.set(bytes, 12);
  framed.writeUInt32LE(masked(crc32c(bytes)), 12 + bytes.length);
  return framed;
};

/**
 * Masks a CRC as TFRecord does, since the CRC of data that contain CRCs is weak: rotated right by 15 bits, plus a
 * constant.
 */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** CRC-32C of bytes (Castagnoli, reflected polynomial 0x82f63b78), as uint32. */
export const crc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
};
