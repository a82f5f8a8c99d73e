/** Kinds of pictures by the names and the first bytes of their files: those that are read, and those that are not. */

/** Ends of the names of files whose format is read. */
const READ = /\.(jpe?g|jpe|jfif|mpo|a?png|webp|gif|tiff?|avif|bmp|dib|p[pgbn]m|pfm)$/i;

/** Ends of the names of pictures whose format is not read: HEIC, JPEG XL and 2000, cameras' raw files, and others. */
const NOT_READ =
  /\.(hei[cf]|hif|jxl|jp2|j2k|jp[xf]|dng|cr[23]|nef|arw|orf|raf|rw2|pef|srw|ps[db]|svgz?|ico|tga|pcx|exr|hdr|dds|xcf|eps|[we]mf)$/i;

/** Whether a file has the name of an image that is read. */
export const isImageName = (name: string): boolean => READ.test(name);

/** Whether a file has the name of a picture, which may be of a format that is not read. */
export const isPictureName = (name: string): boolean => READ.test(name) || NOT_READ.test(name);

/** First bytes, in hexadecimal digits, of formats that people have pictures in, and that are not read. */
const beginnings: readonly (readonly [string, string])[] = [
  ['ff0a', 'JPEG XL'],
  ['0000000c4a584c20', 'JPEG XL'],
  ['0000000c6a502020', 'JPEG 2000'],
  ['ff4fff51', 'JPEG 2000'],
  ['38425053', 'a Photoshop file'],
  ['25504446', 'a PDF'],
  ['00000100', 'an icon (ICO)'],
  ['762f3101', 'OpenEXR'],
  ['1a45dfa3', 'a film'],
];

/** First bytes, in hexadecimal digits, of the formats that are read. */
const read = ['ffd8ff', '89504e47', '47494638', '49492a00', '4d4d002a'];

/** Whether bytes begin as the file of a picture, which may be of a format that is not read. */
export const holdsPicture = (bytes: Uint8Array): boolean => {
  const head = Buffer.from(bytes.subarray(0, 32));
  const [digits, text] = [head.toString('hex'), head.toString('latin1')];
  if (/^RIFF....WEBP/s.test(text) || /^BM.{8}\0/s.test(text) || /^P[1-6]\s\d/.test(text)) return true;
  if (/^.{4}ftypavi[fs]/s.test(text) || read.some((begin) => digits.startsWith(begin))) return true;
  return ![undefined, 'a film', 'a PDF'].includes(unreadableKindOf(bytes));
};

/** The format of bytes that begin as a picture, or as what people take for one, in a format that is not read. */
export const unreadableKindOf = (bytes: Uint8Array): string | undefined => {
  const head = Buffer.from(bytes.subarray(0, 32));
  if (head.toString('latin1', 4, 8) === 'ftyp') return containedIn(head.toString('latin1', 8));
  const digits = head.toString('hex');
  return beginnings.find(([begin]) => digits.startsWith(begin))?.[1];
};

/** Kind of an ISO base media file, by its brands; undefined for AVIF, which is read. */
const containedIn = (brands: string): string | undefined => {
  if (/avi[fs]/.test(brands)) return undefined;
  if (/hei[cmsx]|hev[cmx]|mif1|msf1/.test(brands)) return 'HEIC';
  return brands.startsWith('crx') ? "a camera's raw file" : 'a film';
};
