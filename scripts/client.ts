/**
 * Prints the types of the service's client, made of its OpenAPI document; with --write, into
 * src/client/service.openapi.ts: `npm run client`.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTypeScript, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { serviceDocument } from '../src/service/http/service-document.ts';

const path = fileURLToPath(new URL('../src/client/service.openapi.ts', import.meta.url));
const blob = ts.factory.createTypeReferenceNode('Blob');

/** The types, as the file has them. */
export const clientTypes = async (): Promise<string> => {
  const nodes = await openapiTypeScript(JSON.stringify(serviceDocument()), {
    immutable: true,
    transform: ({ format }) => (format === 'binary' ? blob : undefined),
  });
  return `// Made of the service's OpenAPI document by scripts/client.ts: npm run client.\n\n${astToString(nodes)}`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const types = await clientTypes();
  if (process.argv.includes('--write')) writeFileSync(path, types);
  else process.stdout.write(types);
}
