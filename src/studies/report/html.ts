/** Text that is already HTML: everything else is escaped where it is put in. */
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

/** Text as it may stand in an element or in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** What is put in is escaped, unless it is HTML or a list of HTML: `` html`<p>${question}</p>` ``. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: strings.map((text, i) => (i === 0 ? text : written(parts[i - 1]!) + text)).join(''),
});

const written = (part: Part): string => {
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(`${part}`);
  return 'html' in part ? part.html : part.map((one) => one.html).join('');
};

/** A value inside a script element, where no text may end that element. */
export const jsonScript = (id: string, value: unknown): Html => ({
  html: `<script type="application/json" id="${escapeHtml(id)}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`,
});

/** A table that scrolls by itself where the page is too narrow for it. */
export const table = (head: readonly (Html | string)[], rows: readonly (readonly (Html | string)[])[]): Html => html`
<div class="scroll"><table>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first ?? ''}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
</table></div>`;

/** A part of the page with a heading that can be linked to. */
export const section = (id: string, title: string, body: Html): Html => html`
<section id="${id}"><h2>${title}</h2>
${body}
</section>`;
