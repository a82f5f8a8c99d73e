import { z } from '@hono/zod-openapi';

/** Longest text of a question, in letters. The model reads the first word pieces of it. */
const LONGEST_TEXT = 2000;
/** Most images or answers that are returned at once. */
export const MOST_RESULTS = 10_000;

export const text = z.string().min(1).max(LONGEST_TEXT);
export const top = z
  .int()
  .min(1)
  .max(MOST_RESULTS)
  .default(10)
  .openapi({ description: 'Most results; the best come first.' });
export const probability = z.number().min(0).max(1);
export const score = z.number().openapi({ description: 'Cosine of the angle between two vectors; no probability.' });

/** Sentences about what was done to the text: cut short, a word unknown. */
export const warnings = z.array(z.string());

export const imagePath = z
  .string()
  .min(1)
  .max(1024)
  .openapi({ description: "Path of an image below its cache's folder of images.", example: 'holidays/beach.jpg' });

export const cacheName = z
  .string()
  .min(1)
  .max(100)
  .openapi({ description: 'Name of a cache, as /v1/caches lists it.' });

/** An image of a request: one of a cache, or the bytes of a file. There are no URLs: the server fetches nothing. */
export const imageRef = z
  .union([
    z.strictObject({ path: imagePath, cache: cacheName.optional() }),
    z.strictObject({ base64: z.base64().min(1).openapi({ description: 'Bytes of an image file.' }) }),
  ])
  .openapi('Image');

export type ImageRef = z.infer<typeof imageRef>;

export const date = z.string().openapi({
  description:
    'Clock time without a zone: when it was taken or, where it does not say, when its file was last changed.',
  example: '2024-07-14T18:30:00',
});
export const milliseconds = z.number().openapi({ description: 'Time that the server worked on it.' });

export const rankedAnswer = z.object({ answer: z.string(), probability }).openapi('RankedAnswer');

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().openapi({ description: 'The request, as the log names it.' }),
  })
  .openapi('Problem');

/** Body of JSON that must be there. */
export const jsonBody = <S extends z.ZodType>(schema: S) => ({
  required: true as const,
  content: { 'application/json': { schema } },
});

/** Response of JSON. */
export const jsonResponse = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

const said: Readonly<Record<number, string>> = {
  400: 'The request is not as described.',
  401: 'A key is missing or unknown.',
  403: 'It may not be had.',
  404: 'There is no such cache or image.',
  409: 'Another image is there.',
  413: 'There are more bytes than are taken.',
  415: 'The body is of another media type.',
  422: 'It cannot be done: the image cannot be read, or the model does something else.',
  429: 'Too many requests: try again after the time that `Retry-After` says.',
  503: 'The server is starting or stopping, or another process writes the cache.',
  504: 'It takes longer than it may.',
};

/** Responses that are problems, by status; those that every route has come by themselves. */
export const problems = <C extends number = never>(...codes: readonly C[]) =>
  Object.fromEntries(
    [400, 401, 403, 429, 503, 504, ...codes].map((code) => [
      code,
      { description: said[code]!, content: { 'application/problem+json': { schema: problem } } },
    ]),
  ) as Record<400 | 401 | 403 | 429 | 503 | 504 | C, ProblemResponse>;

interface ProblemResponse {
  readonly description: string;
  readonly content: { readonly 'application/problem+json': { readonly schema: typeof problem } };
}
