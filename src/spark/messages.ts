import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * Messages of Spark Connect by hand, as few as are used: their fields' numbers are those of base.proto, relations.proto and
 * expressions.proto of Spark 3.5 to 4.2.
 */

/** A statement of SQL that is to be executed. */
export interface Statement {
  readonly query: string;
  /** Texts that `?` stands for, in their order. */
  readonly texts: readonly string[];
  readonly session: string;
  readonly user: string;
}

/** Writes a message as a field of another one. */
const inside = (writer: BinaryWriter, field: number, fill: (inner: BinaryWriter) => void): void => {
  writer.tag(field, WireType.LengthDelimited).fork();
  fill(writer);
  writer.join();
};

const text = (writer: BinaryWriter, field: number, value: string): BinaryWriter =>
  writer.tag(field, WireType.LengthDelimited).string(value);

/** Bytes of an ExecutePlanRequest. */
export const encodeRequest = ({ query, texts, session, user }: Statement): Uint8Array => {
  const writer = new BinaryWriter();
  text(writer, 1, session);
  inside(writer, 2, (context) => text(context, 1, user));
  inside(writer, 3, (plan) =>
    inside(plan, 1, (relation) =>
      inside(relation, 10, (sql) => {
        text(sql, 1, query);
        // pos_args: Expression.Literal, which Spark 3.5 knows, too
        for (const one of texts) inside(sql, 3, (literal) => text(literal, 13, one));
      }),
    ),
  );
  text(writer, 4, 'dide');
  return writer.finish();
};

/** The rows in an ExecutePlanResponse, as a stream of Arrow; undefined where it has none, but tells of progress. */
export const arrowIn = (bytes: Uint8Array): Uint8Array | undefined => {
  const batch = fieldIn(bytes, 2);
  return batch && fieldIn(batch, 2);
};

/** Bytes of a field that is a message, a text or bytes. */
const fieldIn = (bytes: Uint8Array, wanted: number): Uint8Array | undefined => {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === wanted && type === WireType.LengthDelimited) return reader.bytes();
    reader.skip(type);
  }
  return undefined;
};
