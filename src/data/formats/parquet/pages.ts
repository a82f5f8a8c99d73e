import type { FileMetaData } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';

/** Part of a file: its bytes and where they begin. */
export interface Part {
  readonly offset: number;
  readonly bytes: ArrayBufferLike;
}

/**
 * Checks the headers of all pages of the column chunks that a part of a file holds whole. The parser makes arrays as
 * long as a page claims, so a few damaged bytes would fill the memory.
 *
 * @throws RangeError where pages claim more values than their column has, or end outside of it.
 */
export const checkPages = ({ row_groups }: FileMetaData, { offset, bytes }: Part): void => {
  for (const { meta_data: meta } of row_groups.flatMap(({ columns }) => columns)) {
    if (!meta) continue;
    const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset) - offset;
    const length = Number(meta.total_compressed_size);
    if (!(start >= 0 && length >= 0 && start + length <= bytes.byteLength)) continue;
    checkColumn(new DataView(bytes, start, length), Number(meta.num_values));
  }
};

/** Fields of a page's header by their number in parquet.thrift. */
interface PageHeader {
  /** Compressed bytes. */
  readonly field_3?: number | undefined;
  /** Data page, dictionary page, data page of version 2; the first field of each is its number of values. */
  readonly field_5?: { readonly field_1?: number | undefined } | undefined;
  readonly field_7?: { readonly field_1?: number | undefined } | undefined;
  readonly field_8?: { readonly field_1?: number | undefined } | undefined;
}

const checkColumn = (view: DataView<ArrayBufferLike>, values: number): void => {
  const reader = { view: view as DataView<ArrayBuffer>, offset: 0 };
  let claimed = 0;
  while (reader.offset < view.byteLength - 1) {
    const header = deserializeTCompactProtocol(reader) as PageHeader;
    const data = header.field_5?.field_1 ?? header.field_8?.field_1 ?? 0;
    claimed += data;
    const [dictionary, bytes] = [header.field_7?.field_1 ?? 0, header.field_3 ?? -1];
    if (!(data >= 0 && claimed <= values && dictionary >= 0 && dictionary <= values)) {
      throw new RangeError(`pages claim ${Math.max(claimed, dictionary)} of ${values} values`);
    }
    if (!(bytes >= 0 && reader.offset + bytes <= view.byteLength)) throw new RangeError(`a page claims ${bytes} bytes`);
    reader.offset += bytes;
  }
};
