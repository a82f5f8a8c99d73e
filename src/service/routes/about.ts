import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { nlvr2 } from '../../tasks/nlvr2.ts';
import { snliVe } from '../../tasks/snli-ve.ts';
import type { Services } from '../services.ts';
import { jsonResponse, problems } from './schemas.ts';

const model = z
  .object({
    task: z.string().openapi({ example: 'vqa' }),
    architecture: z.string(),
    isStudent: z.boolean().openapi({ description: 'Whether images are encoded without a text, and so once.' }),
    images: z.int().openapi({ description: 'Images that it is asked about together.' }),
    answers: z.array(z.string()).readonly().openapi({ description: 'All its answers; none of a retriever.' }),
  })
  .openapi('Model');

const storeInfo = z
  .object({
    name: z.string(),
    images: z.int().openapi({ description: 'Number of images.' }),
    hasFiles: z.boolean().openapi({ description: 'Whether its images are shown, and may be added and deleted.' }),
  })
  .openapi('Cache');

const abilities = z.object({
  answer: z.boolean().openapi({ description: 'A question about an image, or two.' }),
  ask: z.boolean().openapi({ description: 'A question of all cached images.' }),
  search: z.boolean().openapi({ description: 'Cached images by a description.' }),
  like: z.boolean().openapi({ description: 'Cached images by an image.' }),
  entail: z.boolean().openapi({ description: 'A hypothesis of all cached images.' }),
  reason: z.boolean().openapi({ description: 'A statement about two images.' }),
  explain: z.boolean().openapi({ description: 'Attention of the words of a question to an image.' }),
});

const aboutRoute = createRoute({
  method: 'get',
  path: '/v1/about',
  operationId: 'about',
  tags: ['operation'],
  summary: 'The model, its teacher, the caches and the limits of the service.',
  responses: {
    200: jsonResponse(
      z.object({
        model,
        can: abilities,
        teacher: model
          .extend({
            pairMilliseconds: z.number().openapi({
              description: 'Time of one text and one image through it, measured as the server started.',
            }),
          })
          .optional()
          .openapi({ description: 'The fusion encoder beside the model, where one is loaded.' }),
        caches: z.array(storeInfo),
        uploads: z.boolean().openapi({ description: 'Whether a cache takes images.' }),
        limits: z.object({
          megabytes: z.number().openapi({ description: 'Largest image that is taken, in millions of bytes.' }),
          megapixels: z.number().openapi({ description: 'Largest image that is decoded, in millions of pixels.' }),
          seconds: z.number().openapi({ description: 'Longest time of a request.' }),
        }),
      }),
      'The server.',
    ),
    ...problems(),
  },
});

const cachesRoute = createRoute({
  method: 'get',
  path: '/v1/caches',
  operationId: 'listCaches',
  tags: ['images'],
  summary: 'Lists the caches that are served.',
  responses: { 200: jsonResponse(z.object({ caches: z.array(storeInfo) }), 'The caches.'), ...problems() },
});

/** Adds the routes that say what there is. */
export const addAbout = (app: OpenAPIHono, services: Services): void => {
  app.openapi(aboutRoute, async (c) => {
    const { teacher, stores } = services;
    const { megabytes, megapixels, seconds } = services.limits;
    return c.json(
      {
        model: modelInfo(services.model.config),
        can: abilitiesOf(services),
        ...(teacher
          ? { teacher: { ...modelInfo(teacher.model.config), pairMilliseconds: teacher.pairMilliseconds } }
          : {}),
        caches: await cachesOf(services),
        uploads: [...stores.values()].some(({ writer }) => writer !== undefined),
        limits: { megabytes, megapixels, seconds },
      },
      200,
    );
  });
  app.openapi(cachesRoute, async (c) => c.json({ caches: await cachesOf(services) }, 200));
};

const modelInfo = ({ task, architecture, images, answers }: Services['model']['config']) => ({
  ...{ task, architecture: architecture.name, isStudent: architecture.towers !== undefined, images, answers },
});

const abilitiesOf = ({ model: { config }, stores, explainer }: Services): z.infer<typeof abilities> => {
  const { purpose, images, task, architecture } = config;
  const answers = purpose.logits !== undefined;
  const hasCaches = stores.size > 0;
  return {
    answer: answers,
    ask: answers && images === 1 && hasCaches,
    search: !answers && hasCaches,
    like: architecture.towers !== undefined && hasCaches,
    entail: task === snliVe.name && hasCaches,
    reason: task === nlvr2.name,
    explain: explainer !== undefined,
  };
};

const cachesOf = async ({ stores }: Services): Promise<z.infer<typeof storeInfo>[]> =>
  await Promise.all(
    [...stores.values()].map(async ({ name, view, writer }) => ({
      ...{ name, images: (await view.current()).size, hasFiles: writer !== undefined },
    })),
  );
