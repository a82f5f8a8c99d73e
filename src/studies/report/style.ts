/** CSS of all pages: one column of text, tables that scroll, light and dark scheme. */
export const style = `
:root { color-scheme: light dark; --paper: #fdfcfa; --card: #f5f3ee; --ink: #1d2129; --soft: #5a6170; --line: #dcd9d1;
  --accent: #8a3b12; --right: #186a3b; --wrong: #a3261d;
  --m0: #3c4350; --m1: #1f6fb2; --m2: #b3590a; --m3: #0b7d62; --m4: #8a3fa0; --m5: #a3261d; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181d; --card: #1f2229; --ink: #e8e6e1; --soft: #a5abb8; --line: #383c46;
  --accent: #f0a67a; --right: #6fcf97; --wrong: #ff8a7a;
  --m0: #d5d9e2; --m1: #6db3f2; --m2: #f0a35c; --m3: #4fcfae; --m4: #cf93e2; --m5: #ff8a7a; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.55 Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, serif; }
main { max-width: 1040px; margin: 0 auto; padding: 48px 24px 96px; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; }
h1 { font-size: 40px; margin: 0 0 12px; letter-spacing: -0.01em; }
h2 { font-size: 25px; margin: 0 0 16px; }
h3 { font-size: 18px; margin: 28px 0 8px; }
section { padding-top: 28px; margin-top: 44px; border-top: 1px solid var(--line); }
p, ul { max-width: 44em; margin: 0 0 14px; overflow-wrap: anywhere; }
small { display: block; font-size: 12px; font-weight: 400; color: var(--soft); }
a { color: var(--accent); }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; font: 15px/1.6 system-ui, sans-serif; }
.note, figcaption { font: 13.5px/1.5 system-ui, sans-serif; color: var(--soft); }
.note { max-width: 56em; }
figcaption { margin-bottom: 8px; }
.findings { padding-left: 1.1em; font-size: 18px; }
.findings li { margin-bottom: 8px; }
.scroll { overflow-x: auto; }
.scroll + p { margin-top: 14px; }
table { border-collapse: collapse; font: 14.5px/1.4 system-ui, sans-serif; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 9px 18px 9px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 7.5em; }
.range { color: var(--soft); white-space: nowrap; }
.interval { display: block; width: 100%; min-width: 110px; height: 8px; margin-top: 5px; }
figure { margin: 0 0 20px; min-width: 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption strong { color: var(--ink); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr)); gap: 16px 24px; }
.beside { display: grid; grid-template-columns: minmax(0, 330px) minmax(0, 1fr); gap: 32px; align-items: start; }
.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 22px; font: 14.5px/1.6 system-ui, sans-serif; max-width: none; }
.legend span { display: inline-flex; align-items: center; gap: 8px; }
.asked { font-size: 21px; line-height: 1.35; }
.answers { list-style: none; margin: 20px 0 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: 24px 16px; font: 14.5px/1.4 system-ui, sans-serif; }
.answers img { display: block; width: 112px; height: 112px; object-fit: contain; background: var(--card); border-radius: 4px; margin-bottom: 6px; }
.answers small { font-size: 11.5px; overflow-wrap: anywhere; }
.how { display: inline-block; min-width: 13em; }
.whole { white-space: nowrap; }
.right { color: var(--right); }
.wrong { color: var(--wrong); }
pre { background: var(--card); padding: 14px 18px; border-radius: 6px; overflow-x: auto; font-size: 14.5px; }
code { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: 0.9em; }
@media (max-width: 860px) { .wide { display: none; } .narrow { display: block; } .beside { grid-template-columns: minmax(0, 1fr); gap: 8px; } }
@media (max-width: 560px) { body { font-size: 16px; } main { padding: 28px 16px 64px; } h1 { font-size: 31px; } .asked { font-size: 18px; } }
@media print { * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } :root { --paper: #fff; --card: #f5f3ee; --ink: #000; --soft: #444; --line: #ccc; --accent: #000; --right: #186a3b; --wrong: #a3261d;
  --m0: #3c4350; --m1: #1f6fb2; --m2: #b3590a; --m3: #0b7d62; --m4: #8a3fa0; --m5: #a3261d; }
  body { font-size: 11pt; } main { max-width: none; padding: 0; } nav { display: none; } .scroll { overflow: visible; }
  .wide { display: block; } .narrow { display: none; } figure, tr, li { break-inside: avoid; } h2, h3 { break-after: avoid; } }
`;
