import { PAGE_STYLE } from '../report/page-style.js';

/** The viewer's style sheet: the reports' colours and parts, and two panes that scroll by themselves. */
export const VIEW_STYLE = `${PAGE_STYLE}
html, body { height: 100%; }
body { display: flex; flex-direction: column; }
header, main { max-width: none; width: 100%; }
header { padding-top: 14px; padding-bottom: 12px; border-bottom: 1px solid var(--line); background: var(--card); }
h1 { font-size: 20px; }
#status, #fault { margin: 0; }
#fault:empty { display: none; }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(280px, 400px) minmax(0, 1fr); padding: 0; }
#list-pane { min-height: 0; border-right: 1px solid var(--line); position: relative; }
#list { height: 100%; overflow-y: auto; position: relative; background: var(--card); }
#list:focus-visible { outline-offset: -2px; }
#empty { position: absolute; top: 12px; left: 20px; right: 20px; }
#detail { min-height: 0; overflow-y: auto; padding: 18px 24px 60px; position: relative; }
#detail:focus { outline: none; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 8px; top: 8px; background: var(--card); padding: 6px 10px; z-index: 3; }
.runway { position: relative; }
.row { position: absolute; left: 0; right: 0; height: 64px; padding: 8px 14px 8px 20px; border-bottom: 1px solid var(--line); cursor: pointer; overflow: hidden; }
.row[aria-selected=true] { background: var(--shade); box-shadow: inset 4px 0 0 var(--accent); }
#list:focus .row.current { outline: 2px solid var(--accent); outline-offset: -2px; }
.row .line { display: flex; gap: 8px; align-items: center; }
.row .title { flex: 1; min-width: 0; font-weight: 600; font-size: 14px; }
.row .title, .row .note { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.row .note { font-size: 13px; color: var(--muted); }

form { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: end; margin-top: 8px; }
.field { display: grid; font-size: 12px; color: var(--muted); min-width: 0; }
.field.grow { flex: 1 1 220px; max-width: 460px; }
input[type=search], select, button { font: inherit; font-size: 14px; min-height: 36px; color: var(--ink); background: var(--page); border: 1px solid var(--muted); border-radius: 7px; padding: 4px 10px; min-width: 0; max-width: 100%; }
select { width: 150px; }
button { cursor: pointer; }
button[aria-pressed=true] { border-color: var(--accent); background: var(--shade); box-shadow: inset 0 0 0 1px var(--accent); }
kbd { border: 1px solid var(--line); border-radius: 4px; padding: 0 5px; font: 11px ui-monospace, monospace; }
.steps { display: flex; gap: 8px; flex-wrap: wrap; margin-bottom: 12px; }
.back { display: none; }

.views { display: flex; flex-wrap: wrap; gap: 4px 16px; border: 0; padding: 0; margin: 0 0 8px; font-size: 14px; }
.views label { display: inline-flex; gap: 6px; align-items: center; min-height: 32px; }
#detail h2 { margin: 0 0 10px; overflow-wrap: anywhere; }
#detail h3 { margin: 22px 0 8px; }
.columns { grid-template-columns: minmax(0, 520px) minmax(0, 1fr); }
.frame { border-radius: 8px; background: var(--shade); max-width: none; }
.frame svg { overflow: hidden; }
.mask { fill: var(--box); fill-opacity: .35; stroke: none; }
.dim { opacity: .35; }
.arrow { stroke: var(--box); stroke-width: 2.5; fill: none; }
.arrow-under { stroke: #10151b; stroke-width: 5; fill: none; opacity: .55; }
.head { fill: var(--box); }
.frame text.relation { font-size: 13px; paint-order: stroke; stroke: #fff; stroke-width: 3px; }
.evidence { fill: none; stroke: #ff5a4d; stroke-width: 3; stroke-dasharray: 6 4; }
.regions { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
.regions > li { border: 1px solid var(--line); border-radius: 8px; background: var(--card); padding: 8px 10px; }
.regions button { display: flex; gap: 8px; width: 100%; text-align: left; align-items: center; border: 0; background: none; padding: 2px; font-weight: 600; overflow-wrap: anywhere; }
.regions button b { min-width: 22px; text-align: center; border-radius: 4px; color: #10151b; background: var(--box); font-size: 13px; }
.regions button[aria-pressed=true] { background: var(--shade); }
.regions p { margin: 2px 0 0; font-size: 14px; overflow-wrap: anywhere; }
.relations { padding-left: 20px; margin: 6px 0; font-size: 14px; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 14px; font-size: 13px; margin: 8px 0 0; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; margin: 4px 0; }
ins { background: var(--good-back); color: var(--good); text-decoration: underline; }
del { background: var(--bad-back); color: var(--bad); }
ins, del { padding: 0 3px; border-radius: 3px; }
del + ins { margin-left: 3px; }

@media (max-width: 1150px) { .columns { grid-template-columns: minmax(0, 1fr); } .frame { max-width: 560px; } }
@media (max-width: 760px) {
  main { grid-template-columns: minmax(0, 1fr); }
  #list-pane { border-right: 0; }
  #detail { display: none; padding: 14px 14px 60px; }
  .opened #detail { display: block; }
  .opened #list-pane, .opened form { display: none; }
  .back { display: inline-block; }
  header { padding-top: 10px; padding-bottom: 10px; }
  .field.grow { flex-basis: 100%; max-width: none; }
  .field:not(.grow) { flex: 1 1 110px; }
  select { width: 100%; }
  .row { padding-left: 14px; }
  button, input[type=search], select { min-height: 42px; }
  .frame text.relation { font-size: 18px; }
}
@media (pointer: coarse) { label kbd { display: none; } }
`;
