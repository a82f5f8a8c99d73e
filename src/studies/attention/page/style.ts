/** CSS of explained pairs, in addition to that of every page. */
export const explainedStyle = `
main { max-width: 1180px; }
.pair { margin-top: 40px; }
.pair > header { display: flex; gap: 28px; align-items: flex-start; }
.pair > header > div { flex: 1; min-width: 0; }
.pair .picture { width: 240px; flex: none; border-radius: 4px; cursor: crosshair; }
.pair .grid { fill: none; stroke: #fff; stroke-opacity: 0.55; stroke-width: 1px; vector-effect: non-scaling-stroke; mix-blend-mode: difference; pointer-events: none; }
.pair .chosen { fill: none; stroke: var(--heat); stroke-width: 3px; vector-effect: non-scaling-stroke; pointer-events: none; }
.pair h3 { margin: 30px 0 12px; }
.pair h4 { font: 600 15px/1.3 system-ui, sans-serif; margin: 0 0 8px; }
.answer { display: block; white-space: nowrap; }
.choices { position: sticky; top: 0; z-index: 3; margin-top: 20px; padding: 12px 0 10px; background: var(--paper); border-bottom: 1px solid var(--line); font: 14.5px/1.5 system-ui, sans-serif; }
.choices fieldset { border: 0; margin: 0 0 8px; padding: 0; display: flex; flex-wrap: wrap; gap: 6px; align-items: center; min-width: 0; }
.choices legend { float: left; width: 7.4em; color: var(--soft); padding: 0; }
.choices input { position: absolute; opacity: 0; pointer-events: none; }
.choices label span { display: inline-block; padding: 1px 9px; border: 1px solid var(--line); border-radius: 4px; background: var(--card); cursor: pointer; }
.choices input:checked + span { background: var(--ink); border-color: var(--ink); color: var(--paper); }
.choices input:focus-visible + span, .choices select:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.choices select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 4px; padding: 2px 6px; }
.choices small { display: inline; }
.choices output { display: block; min-height: 1.5em; color: var(--soft); font-size: 13.5px; }
.models { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 28px 32px; }
.models section { border: 0; margin: 0; padding: 0; min-width: 0; }
.models .heat { width: 100%; max-width: 300px; cursor: crosshair; }
.models figure { margin: 0 0 12px; }
.models figcaption { margin: 4px 0 0; }
.heads { display: grid; grid-template-columns: repeat(auto-fill, minmax(64px, 1fr)); gap: 6px 10px; }
.heads figcaption { font-size: 12px; }
.read table { width: auto; font-size: 13px; }
.read th, .read td { padding: 2px 5px 2px 0; border: 0; min-width: 0; text-align: center; vertical-align: middle; }
.read th:first-child { text-align: right; padding-right: 10px; }
.read thead th { color: var(--soft); font-weight: 400; }
.read tfoot td, .read tfoot th { color: var(--soft); font-size: 11.5px; font-weight: 400; padding-top: 4px; }
.read i { display: block; width: 28px; height: 20px; border-radius: 2px; background: var(--heat); }
@media (max-width: 640px) { .pair > header { display: block; } .pair .picture { width: min(240px, 100%); margin-bottom: 14px; } .choices { position: static; } .choices legend { float: none; width: auto; } }
@media print { .choices { display: none; } }
`;

/** Choosing a word or a patch draws its attention; pointing at a patch or a cell reads out its share. */
export const explainedScript = `
const meanRow = (rows) => rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
const asPercent = (share) => (100 * share).toFixed(1) + '\\u00a0%';
const opacityOf = (share) => (0.85 * Math.sqrt(Math.min(1, share))).toFixed(2);
const largest = (rows) => Math.max(...rows.flat(), Number.MIN_VALUE);

for (const pair of document.querySelectorAll('.pair')) {
  const { words, columns, models } = JSON.parse(pair.querySelector('script').textContent);
  const [form, select, output] = ['.choices', 'select', 'output'].map((name) => pair.querySelector(name));
  const mark = pair.querySelector('.chosen');
  const seen = [...pair.querySelectorAll('.seen')].map((one) => [...one.querySelectorAll('.heat')]);
  const read = [...pair.querySelectorAll('.read tbody')].map((body) => [...body.rows].map((row) => [...row.cells].slice(1)));
  let shown;
  const wordOf = () => Number(form.querySelector('input:checked').value);
  const placeOf = (token) => (token === 0 ? '[CLS]' : 'the patch in row ' + (Math.floor((token - 1) / columns) + 1) + ', column ' + (((token - 1) % columns) + 1));
  const of = (heads, at) => {
    const rows = heads.map((head) => (at < 0 ? meanRow(head) : head[at]));
    return [meanRow(rows), ...rows];
  };
  const draw = () => {
    const [word, token] = [wordOf(), Number(select.value)];
    shown = models.map(({ textToImage, imageToText }) => ({ there: of(textToImage, word), back: of(imageToText, token) }));
    const whole = largest(shown.map(({ there }) => there[0].slice(1)));
    const single = largest(shown.flatMap(({ there }) => there.slice(1).map((row) => row.slice(1))));
    const cells = largest(shown.flatMap(({ back }) => back));
    shown.forEach(({ there, back }, m) => {
      seen[m].forEach((map, head) => {
        [...map.querySelectorAll('rect')].forEach((rect, i) => rect.setAttribute('fill-opacity', opacityOf(there[head][i + 1] / (head === 0 ? whole : single))));
      });
      seen[m][0].parentElement.querySelector('[data-cls]').textContent = (100 * there[0][0]).toFixed(1);
      read[m].forEach((row, w) => row.forEach((cell, head) => { cell.firstChild.style.opacity = opacityOf(back[head][w] / cells); }));
    });
    mark.setAttribute('visibility', token > 0 ? 'visible' : 'hidden');
    mark.setAttribute('x', (token - 1) % columns);
    mark.setAttribute('y', Math.floor((token - 1) / columns));
    output.textContent = (word < 0 ? 'All words' : '“' + words[word] + '”') + ' looking at the image; ' + (token < 0 ? 'all image tokens' : placeOf(token)) + ' reading the text.';
  };
  const headName = (head) => (head === 0 ? 'the mean of the heads' : 'head ' + head);
  const say = (target) => {
    const word = wordOf();
    seen.forEach((maps, m) => maps.forEach((map, head) => {
      const at = [...map.querySelectorAll('rect')].indexOf(target);
      if (at >= 0) output.textContent = models[m].name + ', ' + headName(head) + ': ' + (word < 0 ? 'all words give' : '“' + words[word] + '” gives') + ' ' + asPercent(shown[m].there[head][at + 1]) + ' to ' + placeOf(at + 1) + '.';
    }));
    read.forEach((rows, m) => rows.forEach((row, w) => row.forEach((cell, head) => {
      const token = Number(select.value);
      if (cell.contains(target)) output.textContent = models[m].name + ', ' + headName(head) + ': ' + (token < 0 ? 'all image tokens give' : placeOf(token) + ' gives') + ' ' + asPercent(shown[m].back[head][w]) + ' to “' + words[w] + '”.';
    })));
  };
  for (const fieldset of form.querySelectorAll('fieldset')) fieldset.disabled = false;
  form.addEventListener('change', draw);
  form.addEventListener('submit', (event) => event.preventDefault());
  pair.addEventListener('pointerover', ({ target }) => { if (target.closest('.heat rect, .read tbody td')) say(target); });
  pair.addEventListener('click', (event) => {
    const svg = event.target.closest('.picture, .heat');
    if (!svg) return;
    const { left, top, width, height } = svg.getBoundingClientRect();
    const { width: across, height: down } = svg.viewBox.baseVal;
    const [x, y] = [Math.floor(((event.clientX - left) / width) * across), Math.floor(((event.clientY - top) / height) * down)];
    select.value = 1 + Math.min(down - 1, Math.max(0, y)) * columns + Math.min(across - 1, Math.max(0, x));
    draw();
  });
  draw();
}
`;
