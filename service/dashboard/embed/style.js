/** The looks of <news-brief>. Hosts set the custom properties without an underscore, and parts. */

import { sheet } from "./element.js";

export default sheet(`
:host {
  --_ink: var(--nb-ink, light-dark(#1b1e24, #e9e7e2));
  --_soft: var(--nb-soft, light-dark(#545b67, #aeb4be));
  --_paper: var(--nb-paper, light-dark(#fff, #15181d));
  --_line: var(--nb-line, light-dark(#d5d9e0, #3a404b));
  --_accent: var(--nb-accent, light-dark(#0a4fb8, #93bdff));
  --_mark: var(--nb-mark, light-dark(#fff1b8, #453a0c));
  --_part: var(--nb-part, light-dark(#ffd75e, #7d6100));
  --_good: var(--nb-good, light-dark(#0b6238, #74d9a6));
  --_warn: var(--nb-warn, light-dark(#854600, #ffbf75));
  --_bad: var(--nb-bad, light-dark(#a51f19, #ffa199));
  --_ui: var(--nb-ui-font, system-ui, sans-serif);
  --_font: var(--nb-font, Georgia, "Times New Roman", serif);
  display: block; container-type: inline-size;
  color: var(--_ink); background: var(--_paper); font: 1rem/1.5 var(--_ui);
}
:host([hidden]) { display: none }
* { box-sizing: border-box }
h2, h3, p, ol, ul { margin: 0; padding: 0 } ol, ul { list-style: none }
a { color: var(--_accent) }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
button {
  font: inherit; color: inherit; background: none; border: 1px solid var(--_line);
  border-radius: .4rem; padding: .25rem .7rem; min-height: 2rem; cursor: pointer;
}
button:hover { border-color: var(--_accent); color: var(--_accent) }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; border-radius: .2rem }
.cols { display: grid; gap: 2rem clamp(1.5rem, 4cqi, 3rem); grid-template-columns: minmax(0, 1fr) }
h2 { font: 700 clamp(1.4rem, 4cqi, 1.9rem)/1.2 var(--_font); text-wrap: balance; margin-bottom: .75rem }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem }
.text { font: 1.15rem/1.75 var(--_font); max-width: 42rem; overflow-wrap: anywhere }
.s { border-radius: .2rem } .s.lit, .note.lit { background: var(--_mark) } .words { cursor: pointer }
.n {
  font: 600 .72rem/1 var(--_ui); vertical-align: super; color: var(--_accent); border: 0;
  padding: .3rem .2rem; min-height: 1.5rem; margin: -.3rem 0;
}
.n:hover { text-decoration: underline }
.badge {
  unicode-bidi: isolate; font: 500 .72rem/1.4 var(--_ui); color: var(--_soft); white-space: nowrap;
  border: 1px solid; border-radius: 1rem; padding: 0 .5rem; margin-inline: .15rem; vertical-align: .12em;
}
button.badge { min-height: 1.5rem; white-space: normal; text-align: start } button.badge:hover { text-decoration: underline; color: inherit }
button.badge:is(.single, .good, .moved) { border: 0; padding: 0; margin: 0 }
.loud { background: var(--_bad); border-color: var(--_bad); font-weight: 600 } .badge.loud, button.loud:hover { color: var(--_paper) }
::highlight(news-brief-part) { background-color: var(--_part); color: var(--_ink) }
.good { color: var(--_good) } .warn { color: var(--_warn) } .bad { color: var(--_bad) } .fresh { color: var(--_accent) }
.list .s { display: list-item; list-style: disc; margin: 0 0 .6rem 1.2rem }
.bar, .tools { display: flex; flex-wrap: wrap; gap: .4rem; font: .9rem/1.4 var(--_ui) } .bar { margin-top: 1.5rem }
.notice {
  border: 1px solid var(--_line); border-inline-start: 4px solid var(--_warn); border-radius: .4rem;
  padding: .6rem .9rem; margin-bottom: 1rem; overflow-wrap: anywhere;
}
.notice.alarm { border-inline-start-color: var(--_bad) } .notice button { margin-top: .4rem }
.stages { display: flex; flex-wrap: wrap; gap: .2rem .9rem; font-size: .85rem; color: var(--_soft); margin: .4rem 0 1.25rem }
.was::before { content: "✓ " } .is { color: var(--_accent); font-weight: 600 }
progress { width: 100%; height: .5rem; accent-color: var(--_accent) }
.note { border-radius: .4rem; font-size: .9rem }
.note button { display: block; width: 100%; text-align: start; border: 0; padding: .5rem; color: inherit }
.note b { color: var(--_accent) } .note.lit :is(b, .meta, .badge) { color: inherit }
q { display: block; quotes: none; unicode-bidi: plaintext; text-align: start; overflow-wrap: anywhere }
.meta { color: var(--_soft); font-size: .85rem } .coverage { margin-top: 1rem }
.sides { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(14rem, 100%), 1fr)) }
.sides > li { border: 1px solid var(--_line); border-top: 3px solid var(--_warn); border-radius: .4rem; padding: .6rem .8rem }
.sides .lit { background: var(--_mark) }
details { border-top: 1px solid var(--_line); margin-top: .8rem; padding-top: .6rem; font-size: .95rem }
summary { cursor: pointer; font-weight: 600; padding: .2rem 0 } details li { margin: .6rem 0; overflow-wrap: anywhere }
@container (min-width: 44rem) {
  .cols.with { grid-template-columns: minmax(0, 42rem) minmax(17rem, 1fr) }
  aside { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow: auto }
  aside h3 { margin-top: 0 } aside:has(dialog[open]) > :not(dialog) { display: none }
}
@media (forced-colors: active) { .lit { outline: 2px solid Highlight } }
@media print {
  :host { color: #000; background: none } .cols.with { display: block }
  .bar, .tools, dialog, progress, .stages { display: none !important }
  aside { max-height: none } aside > :not(dialog) { display: block !important }
  .note, .sides > li { break-inside: avoid } .note button { padding: .2rem 0 }
  .n, button.badge, .badge, .note b, .meta { color: #000 !important } .loud { background: none } .lit { background: none !important }
}`);
