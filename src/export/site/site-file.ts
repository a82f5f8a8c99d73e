/** Files and folders of a site, beside those of its page. The page reads the first, and finds the others by it. */
export const siteFile = {
  about: 'site.json',
  student: 'student.safetensors',
  teacher: 'teacher.safetensors',
  cache: 'cache',
  thumbnails: 'thumbnails',
  runtime: 'runtime',
} as const;
