import { scaleStyle } from './scale.ts';

/** CSS of pairs with a map for each word, in addition to that of every page. */
export const mapsStyle = `${scaleStyle}
.hidden { position: absolute; }
.example { margin-top: 36px; break-inside: avoid; }
.example > header { display: flex; gap: 24px; align-items: flex-start; margin-bottom: 12px; break-inside: avoid; }
.example > header > div { flex: 1; min-width: 0; }
.example > header p { margin-bottom: 6px; }
.example .picture { width: 144px; flex: none; border-radius: 4px; }
.example .grid { fill: none; stroke: #fff; stroke-opacity: 0.55; stroke-width: 1px; vector-effect: non-scaling-stroke; mix-blend-mode: difference; pointer-events: none; }
.example .chosen { fill: none; stroke: var(--accent); stroke-width: 3px; vector-effect: non-scaling-stroke; pointer-events: none; }
.readout { font: 13.5px/1.5 system-ui, sans-serif; color: var(--soft); min-height: 1.5em; }
table.attention { width: auto; }
.attention th, .attention td { padding: 6px 8px 6px 0; border: 0; }
.attention thead th { font-size: 13.5px; font-weight: 600; text-align: left; }
.attention tbody th { position: sticky; left: 0; z-index: 1; background: var(--paper); min-width: 118px; max-width: 118px; padding-right: 12px; }
.attention td small { font-size: 11px; white-space: nowrap; }
.heat { display: block; isolation: isolate; background: #fff; border: 1px solid var(--line); width: 78px; border-radius: 3px; overflow: hidden; }
.heat rect { fill: var(--step); mix-blend-mode: multiply; }
.heat rect:hover { stroke: #1d2129; stroke-width: 0.06; }
@media (max-width: 560px) { .example .picture { width: 84px; } .heat { width: 64px; } .attention tbody th { min-width: 96px; max-width: 96px; } }
/* On paper nothing scrolls: the maps of a model wrap, each under its own word. */
@media print { .readout, .attention thead { display: none; } .heat { width: 56px; } .example > header { break-after: avoid; }
  table.attention, .attention tbody { display: block; } .attention tr { display: flex; flex-wrap: wrap; margin-bottom: 8px; }
  .attention tbody th { position: static; flex: 0 0 100%; max-width: none; padding: 0; } .attention th small { display: inline; margin-left: 10px; }
  .attention td::before { content: attr(data-word); display: block; font-size: 11px; font-weight: 600; } }
`;

/** CSS of explained pairs, in addition to that of every page. */
export const explainedStyle = `${mapsStyle}
main { max-width: 1180px; }
.example { break-inside: auto; }
.example .picture, .by-head .heat { cursor: crosshair; }
.example .picture { width: 240px; }
.example h3 { margin: 30px 0 12px; }
.example h4 { font: 600 15px/1.3 system-ui, sans-serif; margin: 0 0 8px; }
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
.models .heat { width: 100%; max-width: 300px; }
.models figure { margin: 0 0 12px; }
.models figcaption { margin: 4px 0 0; }
.heads { display: grid; grid-template-columns: repeat(auto-fill, minmax(64px, 1fr)); gap: 6px 10px; }
.heads figcaption { font-size: 12px; }
.read table { width: auto; font-size: 13px; }
.read th, .read td { padding: 2px 5px 2px 0; border: 0; min-width: 0; text-align: center; vertical-align: middle; }
.read th:first-child { text-align: right; padding-right: 10px; }
.read thead th { color: var(--soft); font-weight: 400; }
.read tfoot td, .read tfoot th { color: var(--soft); font-size: 11.5px; font-weight: 400; padding-top: 4px; }
.read i { display: block; width: 28px; height: 20px; border-radius: 2px; border: 1px solid var(--line); background: var(--step); }
@media (max-width: 640px) { .example > header { display: block; } .example .picture { width: min(240px, 100%); margin-bottom: 14px; } .choices { position: static; } .choices legend { float: none; width: auto; } }
@media print { .choices { display: none; } .models { grid-template-columns: repeat(3, minmax(0, 1fr)); } .models.texts { display: block; } .models .heat { max-width: 180px; } .models section { break-inside: avoid; } }
`;
