import { type Html, html } from './html.ts';
import { style as usualStyle } from './style.ts';

/** Parts of a page. */
export interface DocumentParts {
  readonly title: string;
  readonly body: Html | readonly Html[];
  /** CSS in addition to that of every page. */
  readonly style?: string | undefined;
  /** JavaScript; by default none. */
  readonly script?: string | undefined;
}

/** A self-contained HTML document. */
export const document = ({ title, body, style = '', script }: DocumentParts): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${{ html: usualStyle + style }}</style>
</head>
<body>
<main>${body}</main>
${
  script === undefined
    ? ''
    : html`<script>${{ html: script }}</script>
`
}</body>
</html>
`.html;
