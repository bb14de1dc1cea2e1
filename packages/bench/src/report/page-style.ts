/** The page's style sheet. Colours keep a contrast of 4.5 or more against what they lie on, in both schemes. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --ink: #18212c; --muted: #556170; --line: #dbe1e8; --shade: #eef1f5;
  --accent: #1d5fae; --good: #16703f; --good-back: #dff3e6; --bad: #b0241c; --bad-back: #fde4e1;
  --fixed: #2f9e6e; --broken: #d1495b; --still-right: #a9bfd6; --still-wrong: #d5d9de;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151b; --card: #19212a; --ink: #e5eaf0; --muted: #9dabb9; --line: #2c3743; --shade: #222c37;
    --accent: #84b8f2; --good: #6bd79b; --good-back: #143524; --bad: #ff938a; --bad-back: #43201e;
    --still-right: #4a6582; --still-wrong: #3a434d;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
header, main { max-width: 1240px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 36px; }
main { padding-bottom: 60px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0; }
h2 { font-size: 20px; margin: 44px 0 10px; }
h3 { font-size: 16px; margin: 0 0 8px; }
h1, h2, h3, p, li, blockquote, q, td, th, code, figcaption { overflow-wrap: anywhere; }
a { color: var(--accent); }
p { margin: 6px 0; }
.muted, small { color: var(--muted); font-size: 13px; font-weight: 400; }
small { display: block; }
code { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 10px 0 0; padding: 0; font-size: 14px; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.card, .scroll, .plot { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.card { padding: 18px 20px; margin: 0 0 16px; }
.scroll { overflow-x: auto; position: relative; }
.card .scroll { border-radius: 8px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { padding: 8px 12px; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; font-weight: 600; vertical-align: bottom; font-size: 13px; }
tbody th { font-weight: 500; }
table:not(.provenance) :is(th, td) { overflow-wrap: normal; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number, td > code { white-space: nowrap; }
details :is(th, td) { padding-top: 5px; padding-bottom: 5px; }
.best { color: var(--accent); }
.results :is(th, td) { padding: 8px 9px; }
.results thead .number { min-width: 78px; }
.results tbody tr:first-child > * { border-top: 2px solid var(--line); }
/* The variant stays in sight while its numbers scroll. */
.results :is(th[scope=rowgroup], thead th:first-child) { position: sticky; left: 0; background: var(--card); }
.results th[scope=rowgroup] { min-width: 110px; max-width: 220px; font-weight: 650; overflow-wrap: anywhere; }
.results th[scope=row] { white-space: nowrap; }
thead button { font: inherit; color: inherit; background: none; border: 0; padding: 0; text-align: inherit; cursor: pointer; }
thead button:hover { color: var(--accent); }
th[aria-sort] button::after { content: " \\25B2"; font-size: 10px; }
th[aria-sort=descending] button::after { content: " \\25BC"; }
/* What a row is stays in sight while its numbers scroll. */
.paper :is(th[scope=row], thead th:first-child) { position: sticky; left: 0; background: var(--card); min-width: 150px; }
.paper thead th { min-width: 84px; }
.paper .reported, .paper thead .reported { color: var(--muted); background: var(--shade); }
.paper tfoot > tr:first-child > * { border-top: 2px solid var(--line); }
section > h3 { margin-top: 16px; }
.changes th[scope=rowgroup] { background: var(--shade); font-size: 13px; }
.changes .sum > * { font-weight: 650; }
.changes .part > th { padding-left: 26px; }
.provenance th:first-child { width: 220px; }
.provenance td { font-variant-numeric: tabular-nums; }
details { margin-top: 10px; }
summary { cursor: pointer; color: var(--accent); font-size: 14px; width: fit-content; max-width: 100%; }
details > .scroll { margin-top: 8px; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.ids code { margin-right: 8px; }
.broken { margin: 4px 0 12px; padding-left: 20px; font-size: 14px; }

.bar { display: flex; height: 14px; border-radius: 7px; overflow: hidden; margin: 12px 0 8px; background: var(--shade); gap: 2px; }
.bar i { min-width: 3px; }
.key { display: flex; flex-wrap: wrap; gap: 2px 18px; list-style: none; padding: 0; margin: 0 0 14px; font-size: 13px; color: var(--muted); }
.key i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; }
.bar-broken { background: var(--broken); }
.bar-fixed { background: var(--fixed); }
.bar-still-right { background: var(--still-right); }
.bar-still-wrong { background: var(--still-wrong); }

.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 350px), 1fr)); gap: 14px; }
.plot { margin: 0; padding: 14px 16px; min-width: 0; }
.plot figcaption { font-size: 14px; font-weight: 600; margin-bottom: 8px; }
.plot svg { display: block; width: 100%; max-width: 460px; height: auto; margin: 0 auto; }

.badge { display: inline-block; padding: 0 8px; border-radius: 9px; background: var(--shade); color: var(--muted); font-size: 12px; line-height: 19px; font-weight: 600; white-space: nowrap; max-width: 100%; overflow: hidden; text-overflow: ellipsis; vertical-align: middle; }
.badge.good { background: var(--good-back); color: var(--good); }
.badge.bad { background: var(--bad-back); color: var(--bad); }
.columns { display: grid; grid-template-columns: minmax(0, 300px) minmax(0, 1fr); gap: 24px; margin-top: 12px; }
.boxed { margin: 0; }
.frame { position: relative; border-radius: 8px; overflow: hidden; }
.frame img { display: block; width: 100%; height: auto; }
.frame img.pixels { image-rendering: pixelated; }
.frame svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.box { fill: none; stroke: currentColor; stroke-width: 3; }
.tag { fill: currentColor; }
.frame text { fill: #10151b; font: 700 18px system-ui, "DejaVu Sans", sans-serif; text-anchor: middle; }
.labels { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 14px; padding: 0; margin: 10px 0 0; font-size: 13px; }
.labels li { color: inherit; }
.labels b { display: inline-block; min-width: 18px; padding: 0 4px; border-radius: 4px; text-align: center; color: #10151b; background: var(--box); }
.colour-0 { --box: #5cc8ff; } .colour-1 { --box: #ffd166; } .colour-2 { --box: #7ee0a1; }
.colour-3 { --box: #ff9ecb; } .colour-4 { --box: #c9b2ff; } .colour-5 { --box: #ffb07c; }
g[class^=colour] { color: var(--box); }
.label { font-size: 13px; color: var(--muted); margin: 0; }
.truth { margin: 0 0 12px; }
.truth .label { margin-right: 8px; }
.rounds { list-style: none; margin: 0; padding: 0; }
.rounds > li { border-left: 2px solid var(--line); padding: 0 0 14px 16px; }
.rounds > .final { border-left-color: var(--accent); padding-bottom: 0; }
blockquote { margin: 4px 0 8px; white-space: pre-wrap; }
.final blockquote { font-weight: 600; }
.feedback { border-radius: 8px; background: var(--shade); padding: 8px 12px; font-size: 14px; }
.feedback p { margin: 0; }
.feedback ul { list-style: none; margin: 6px 0 0; padding: 0; }
.feedback li + li { margin-top: 4px; }

@media (max-width: 680px) {
  header, main { padding-left: 14px; padding-right: 14px; }
  header { padding-top: 22px; }
  h1 { font-size: 23px; }
  .card { padding: 14px; }
  .columns { grid-template-columns: minmax(0, 1fr); gap: 14px; }
  .frame { max-width: 340px; }
  th, td { padding: 7px 9px; }
  .provenance th:first-child { width: 40%; }
  .paper :is(th[scope=row], thead th:first-child) { min-width: 130px; max-width: 150px; }
}
@media print {
  body { background: #fff; }
  .card, .plot { break-inside: avoid; }
}
`;
