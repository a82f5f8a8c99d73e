/** Content of `site.json`, which `dide site` writes. */
export interface Site {
  readonly format: 1;
  /** Name of the collection. */
  readonly title: string;
  /** Name of the student. */
  readonly model: string;
  readonly images: number;
  readonly examples: readonly string[];
  /** Whether the teacher of the student is there, too. */
  readonly hasTeacher?: boolean | undefined;
  /** Whether the files are there that compute on a graphics processor. */
  readonly hasGpuRuntime?: boolean | undefined;
}

/** Folders and files beside `site.json`; `src/export/site/site-file.ts` writes them. */
export const files = {
  student: 'student.safetensors',
  teacher: 'teacher.safetensors',
  cache: 'cache',
  thumbnails: 'thumbnails',
  runtime: 'runtime',
} as const;

/** Address of the description of the site that this page is; undefined where a service sent the page. */
export const siteAddress = (): string | undefined => {
  const name = document.querySelector<HTMLMetaElement>('meta[name="dide-site"]')?.content;
  return name === undefined ? undefined : new URL(name, document.baseURI).href;
};
