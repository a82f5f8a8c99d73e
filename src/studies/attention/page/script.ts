import { sayMap, sayShare } from './heat-map.ts';
import { stepOf } from './scale.ts';

/** Pointing at a patch, or at a cell of the words' table, reads out its share; without it, its own title does. */
export const mapsScript = `
document.addEventListener('pointerover', ({ target }) => {
  const place = target.closest('.heat rect, .read i');
  if (!place) return;
  const [map, cell] = [place.closest('.heat'), place.closest('td')];
  const where = map
    ? map.getAttribute('aria-label').split(': most')[0] + ', to row ' + (place.y.baseVal.value + 1) + ', column ' + (place.x.baseVal.value + 1)
    : cell.closest('section').firstChild.textContent + ', to “' + cell.parentElement.cells[0].textContent + '”, ' + cell.closest('table').tHead.rows[0].cells[cell.cellIndex].textContent.replace(/^(?=\\d)/, 'head ');
  place.closest('.by-head, .example').querySelector('output').textContent = where + ': ' + (map ? place.textContent : place.title) + '.';
});
`;

/** `mapsScript`, and the choice of a word or a patch, which draws its attention in every head. */
export const explainedScript = `
${mapsScript}
const stepOf = ${stepOf};
const sayShare = ${sayShare};
const sayMap = ${sayMap};
const meanRow = (rows) => rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);

for (const pair of document.querySelectorAll('.example')) {
  const { words, columns, models } = JSON.parse(pair.querySelector('script').textContent);
  const [form, select, output] = ['.choices', 'select', '.choices output'].map((name) => pair.querySelector(name));
  const mark = pair.querySelector('.chosen');
  const seen = [...pair.querySelectorAll('.seen')].map((one) => [...one.querySelectorAll('.heat')]);
  const read = [...pair.querySelectorAll('.read tbody')].map((body) => [...body.rows].map((row) => [...row.querySelectorAll('i')]));
  const placeOf = (token) => (token === 0 ? '[CLS]' : 'the patch in row ' + (Math.floor((token - 1) / columns) + 1) + ', column ' + (((token - 1) % columns) + 1));
  const rowsOf = (heads, at) => {
    const rows = heads.map((head) => (at < 0 ? meanRow(head) : head[at]));
    return [meanRow(rows), ...rows];
  };
  const drawMap = (map, shares, whose) => {
    map.setAttribute('aria-label', sayMap(whose, shares, columns));
    map.querySelectorAll('rect').forEach((rect, i) => {
      rect.setAttribute('class', 's' + stepOf(shares[i + 1], shares.length));
      rect.firstChild.textContent = sayShare(shares[i + 1], shares.length);
    });
  };
  const drawCell = (cell, share) => {
    cell.className = 's' + stepOf(share, words.length);
    cell.title = sayShare(share, words.length);
    cell.setAttribute('aria-label', cell.title);
  };
  const draw = () => {
    const [word, token] = [Number(form.querySelector('input:checked').value), Number(select.value)];
    const of = word < 0 ? 'all words' : '“' + words[word] + '”';
    models.forEach(({ name, textToImage, imageToText }, m) => {
      const [there, back] = [rowsOf(textToImage, word), rowsOf(imageToText, token)];
      seen[m].forEach((map, head) => drawMap(map, there[head], name + ', ' + (head === 0 ? 'mean of the heads' : 'head ' + head) + ', ' + of));
      seen[m][0].parentElement.querySelector('[data-cls]').textContent = (100 * there[0][0]).toFixed(1);
      read[m].forEach((row, w) => row.forEach((cell, head) => drawCell(cell, back[head][w])));
    });
    mark.setAttribute('visibility', token > 0 ? 'visible' : 'hidden');
    mark.setAttribute('x', (token - 1) % columns);
    mark.setAttribute('y', Math.floor((token - 1) / columns));
    output.textContent = of[0].toUpperCase() + of.slice(1) + ' looking at the image; ' + (token < 0 ? 'all image tokens' : placeOf(token)) + ' reading the text.';
  };
  for (const fieldset of form.querySelectorAll('fieldset')) fieldset.disabled = false;
  form.addEventListener('change', draw);
  form.addEventListener('submit', (event) => event.preventDefault());
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
