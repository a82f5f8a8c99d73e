import type { OpenAPIHono } from '@hono/zod-openapi';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** The OpenAPI document of an app, made of the schemas that check its requests. */
export const documentOf = (app: OpenAPIHono): Document => {
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'DiDE',
      version: '1',
      description: 'Answers questions about images that were encoded once, finds them, and keeps them.',
    },
    security: [{ key: [] }, {}],
    tags: ['questions', 'search', 'vectors', 'images', 'operation'].map((name) => ({ name })),
  });
};

/** A page that names the routes, until there is one for people. */
export const homePage = ({ paths = {} }: Document): string => {
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { readonly summary?: string }>).map(
      ([method, { summary = '' }]) => `<tr><td>${method.toUpperCase()}<td><code>${path}</code><td>${summary}`,
    ),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>DiDE</title>
<style>body{font:16px system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem;color-scheme:light dark}td{padding:.3rem .8rem .3rem 0;vertical-align:top}</style>
<h1>DiDE</h1><p>This server answers programs; <a href="/openapi.json">openapi.json</a> describes how to ask it.</p>
<table>${rows.join('\n')}</table></html>\n`;
};
