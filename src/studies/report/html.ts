/** HTML source, which is not escaped where it is inserted. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for an element or a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** HTML template; inserted values are escaped unless they are `Html` or lists of it: `` html`<p>${question}</p>` ``. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: strings.map((text, i) => (i === 0 ? text : written(parts[i - 1]!) + text)).join(''),
});

const written = (part: Part): string => {
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(`${part}`);
  return 'html' in part ? part.html : part.map((one) => one.html).join('');
};

/** A script element with a value as JSON, in which no text can close the element. */
export const jsonScript = (id: string, value: unknown): Html => ({
  html: `<script type="application/json" id="${escapeHtml(id)}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`,
});

/** A table, which scrolls horizontally on a narrow page. */
export const table = (head: readonly (Html | string)[], rows: readonly (readonly (Html | string)[])[]): Html => html`
<div class="scroll"><table>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first ?? ''}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
</table></div>`;

/** A section with a heading and an id to link to. */
export const section = (id: string, title: string, body: Html): Html => html`
<section id="${id}"><h2>${title}</h2>
${body}
</section>`;
