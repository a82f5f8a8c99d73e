/** A file of a zip archive, with false claims in its headers. */
export interface Packed {
  readonly name: string;
  readonly bytes: Buffer;
  /** Size in the directory; beyond 32 bits it stands in an extra field, as in zip64. Default: the true one. */
  readonly claims?: bigint | undefined;
  /** Offset in the directory. Default: the true one. */
  readonly local?: number | undefined;
  /** Compression method: 0, the default, stored; 8 deflated. */
  readonly method?: number | undefined;
}

/** Zip archive of these files. @param count that the end record claims. Default: the true one. */
export const zipOf = (files: readonly Packed[], count = files.length): Buffer => {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const file of files) {
    directory.push(entryOf(file, file.local ?? at));
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(file.method ?? 0, 8);
    local.writeUInt32LE(file.bytes.length, 18);
    local.writeUInt32LE(file.bytes.length, 22);
    local.writeUInt16LE(file.name.length, 26);
    parts.push(local, Buffer.from(file.name), file.bytes);
    at += 30 + file.name.length + file.bytes.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count % 65_536, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listing, end]);
};

const entryOf = ({ name, bytes, claims = BigInt(bytes.length), method = 0 }: Packed, local: number): Buffer => {
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(method, 10);
  const isWide = claims > 0xfffffffen;
  for (const at of [20, 24]) entry.writeUInt32LE(isWide ? 0xffffffff : Number(claims), at);
  entry.writeUInt16LE(name.length, 28);
  entry.writeUInt32LE(local, 42);
  if (!isWide) return Buffer.concat([entry, Buffer.from(name)]);
  const extra = Buffer.alloc(20);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(16, 2);
  for (const at of [4, 12]) extra.writeBigUInt64LE(claims, at);
  entry.writeUInt16LE(extra.length, 30);
  return Buffer.concat([entry, Buffer.from(name), extra]);
};

/** Checkpoint of a pickle, and of storages by their keys. */
export const checkpointOf = (pickle: string, storages: Readonly<Record<string, Buffer>> = {}): Buffer =>
  zipOf([
    { name: 'a/data.pkl', bytes: Buffer.from(pickle, 'latin1') },
    ...Object.entries(storages).map(([key, bytes]) => ({ name: `a/data/${key}`, bytes })),
  ]);

/** Pickled text. */
export const text = (value: string): string => `X${latin(Buffer.from([value.length, 0, 0, 0]))}${value}`;
/** Pickled integer of 64 bits. */
export const whole = (value: bigint): string => {
  const bytes = Buffer.alloc(9);
  bytes.writeBigInt64LE(value);
  return `\x8a\x09${latin(bytes)}`;
};
/** Pickled tuple. */
export const tuple = (...values: readonly string[]): string => `(${values.join('')}t`;

/** Pickled tensor: `_rebuild_tensor_v2` over a storage of floats, as torch.save writes it. */
export const tensor = (key: string, { length, offset = 0n, shape, stride }: TensorClaims): string => {
  const storage = `${tuple(text('storage'), 'ctorch\nFloatStorage\n', text(key), text('cpu'), whole(length))}Q`;
  const [sizes, steps] = [tuple(...shape.map(whole)), tuple(...stride.map(whole))];
  return `ctorch._utils\n_rebuild_tensor_v2\n${tuple(storage, whole(offset), sizes, steps, '\x89', '}')}R`;
};

/** Place and shape that a tensor claims. */
export interface TensorClaims {
  /** Floats of the storage. */
  readonly length: bigint;
  readonly offset?: bigint | undefined;
  readonly shape: readonly bigint[];
  readonly stride: readonly bigint[];
}

/** Pickle of a dictionary. */
export const dictionary = (items: Readonly<Record<string, string>>): string =>
  `\x80\x02}(${Object.entries(items)
    .map(([name, value]) => text(name) + value)
    .join('')}u.`;

const latin = (bytes: Buffer): string => bytes.toString('latin1');
