/** Most fields of a schema, nested ones included: damaged offsets can make a circle of them. */
const MOST_FIELDS = 10_000;

/** Numbers of the fields of flatbuffer tables, from Arrow's File.fbs, Schema.fbs and Message.fbs. */
const FOOTER = { schema: 1, dictionaries: 2, recordBatches: 3, customMetadata: 4 };
const SCHEMA = { fields: 1, customMetadata: 2, features: 3 };
const FIELD = { children: 5, customMetadata: 6 };
const MESSAGE = { header: 2, customMetadata: 4 };
const RECORD_BATCH = { nodes: 1, buffers: 2, variadicBufferCounts: 4 };

/** Bytes of the entries of lists: offsets of tables, whole numbers, and structs in place. */
const OFFSET = 4;
const LONG = 8;
const BLOCK = 24;
const NODE = 16;

/**
 * Checks that every list of a footer lies inside it. The decoder reads as many entries as a list claims, two thousand
 * million where four bytes are damaged, before it finds that they make no sense.
 *
 * @throws RangeError where one does not.
 */
export const checkFooter = (bytes: Uint8Array): void => {
  const buffer = flatbuffer(bytes);
  const footer = buffer.root();
  buffer.list(footer, FOOTER.dictionaries, BLOCK);
  buffer.list(footer, FOOTER.recordBatches, BLOCK);
  buffer.list(footer, FOOTER.customMetadata, OFFSET);
  const schema = buffer.table(footer, FOOTER.schema);
  if (schema === undefined) throw new RangeError('it has no schema');
  buffer.list(schema, SCHEMA.customMetadata, OFFSET);
  buffer.list(schema, SCHEMA.features, LONG);
  const waiting = buffer.tables(schema, SCHEMA.fields);
  for (let seen = 0; waiting.length > 0; seen += 1) {
    const field = waiting.pop()!;
    if (seen + waiting.length > MOST_FIELDS) throw new RangeError(`it has more than ${MOST_FIELDS} fields`);
    buffer.list(field, FIELD.customMetadata, OFFSET);
    waiting.push(...buffer.tables(field, FIELD.children));
  }
};

/** Checks that every list of a batch's header lies inside it. @throws RangeError where one does not. */
export const checkRecordBatch = (bytes: Uint8Array): void => {
  const buffer = flatbuffer(bytes);
  buffer.list(buffer.root(), MESSAGE.customMetadata, OFFSET);
  const header = buffer.table(buffer.root(), MESSAGE.header);
  if (header === undefined) throw new RangeError('a message has no header');
  buffer.list(header, RECORD_BATCH.nodes, NODE);
  buffer.list(header, RECORD_BATCH.buffers, NODE);
  buffer.list(header, RECORD_BATCH.variadicBufferCounts, LONG);
};

/** A reader of a flatbuffer's offsets. DataView throws a RangeError wherever one leads outside. */
const flatbuffer = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Place of a field of a table; undefined where the table lacks it. */
  const place = (table: number, field: number): number | undefined => {
    const fields = table - view.getInt32(table, true);
    const at = 4 + 2 * field;
    const offset = at < view.getUint16(fields, true) ? view.getUint16(fields + at, true) : 0;
    return offset === 0 ? undefined : table + offset;
  };
  const followed = (at: number): number => at + view.getUint32(at, true);
  const list = (table: number, field: number, size: number): { readonly first: number; readonly length: number } => {
    const at = place(table, field);
    if (at === undefined) return { first: 0, length: 0 };
    const first = followed(at) + 4;
    const length = view.getUint32(first - 4, true);
    if (first + length * size > view.byteLength) throw new RangeError(`a list claims ${length} entries`);
    return { first, length };
  };
  return {
    root: () => followed(0),
    list,
    table: (table: number, field: number): number | undefined => {
      const at = place(table, field);
      return at === undefined ? undefined : followed(at);
    },
    tables: (table: number, field: number): number[] => {
      const { first, length } = list(table, field, OFFSET);
      return Array.from({ length }, (_, i) => followed(first + OFFSET * i));
    },
  };
};
