/** Who reports what, at a glance: sentences against outlets; a list where that is too wide. */

import { outlets as columns, standing } from "./agreement.js";
import { button, h, sheet } from "./element.js";
import { figure } from "./parts.js";

export const STYLE = sheet(`
.scroll {
  overflow: auto; max-height: max(80vh, 62rem); margin-top: .5rem; scroll-padding: 9rem 3rem 2rem 15rem;
  background: linear-gradient(to left, var(--_paper) 40%, transparent) right / 3rem 100% no-repeat local,
    linear-gradient(to left, color-mix(in srgb, var(--_ink) 22%, transparent), transparent) right / .8rem 100% no-repeat scroll;
}
table { border-collapse: separate; border-spacing: 0; font: .85rem/1.35 var(--_ui); width: min(100%, 42rem) }
caption { text-align: start; color: var(--_soft); padding-bottom: .5rem } caption span { position: sticky; left: 0 }
th { font-weight: 600; text-align: start; background: var(--_paper) }
thead th { position: sticky; top: 0; z-index: 1; vertical-align: bottom; padding: .25rem .4rem .4rem; border-bottom: 2px solid var(--_ink) }
thead th:not(:first-child) { text-align: center; min-width: 4.75rem; max-width: 8rem; font-size: .82rem }
thead small { display: block; font-weight: 400; font-size: .78rem; color: var(--_soft); font-variant-numeric: tabular-nums }
th:first-child { position: sticky; left: 0; z-index: 1; padding-inline-start: 0 } thead th:first-child { z-index: 2 }
tbody th, td { border-bottom: 1px solid var(--_line); padding: .45rem .4rem }
tbody th[scope=row] { width: 60%; min-width: clamp(10rem, 24cqi, 18rem); font: 400 .95rem/1.35 var(--_font); padding-inline-end: 1rem }
tbody th .words { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; cursor: auto }
tr:has(> [scope=rowgroup]) th { padding: 1.4rem 0 .4rem; border-bottom: 2px solid var(--_ink); font: 600 .85rem/1.35 var(--_ui) }
[scope=rowgroup] span { position: sticky; left: 0 }
td { text-align: center; cursor: pointer } td.silent { cursor: default }
tr.lit > * { background: var(--_mark) } th.here { box-shadow: inset 0 -3px var(--_accent) }
td:focus-visible { outline-offset: -3px }
.many thead th:not(:first-child) { min-width: 0; padding: .3rem 0 .5rem; height: 9.5rem }
.many thead th > div { writing-mode: vertical-rl; rotate: 180deg; max-height: 9rem; margin: 0 auto; text-align: start }
.many thead th b { display: block; max-height: 9rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.many td { padding-inline: .2rem; min-width: 2.4rem }
thead b { font-weight: 600 }
.shape { display: inline-block; width: .85rem; vertical-align: -.06em }
td::before, .shape::before {
  content: ""; display: block; box-sizing: border-box; width: .85rem; height: .85rem; margin: auto; border: 2px solid; border-radius: 50%;
  forced-color-adjust: none;
}
.reports { --_c: var(--_good) } .part-of { --_c: var(--_good) } .disputes { --_c: var(--_bad) } .newer, .earlier { --_c: var(--_warn) } .silent { --_c: var(--_soft) }
:is(td, .shape)::before { color: var(--_c) }
.reports::before { background: currentcolor }
.part-of::before { background: linear-gradient(90deg, currentcolor 50%, transparent 50%) }
.disputes::before { background: currentcolor; border-radius: 0; rotate: 45deg; scale: .9 }
:is(.newer, .earlier)::before { border: 0; border-radius: 0; background: currentcolor; clip-path: polygon(50% 8%, 100% 92%, 0 92%) }
.earlier::before { scale: 1 -1 }
.silent::before { width: .5rem; height: 0; border-width: 0 0 2px; border-radius: 0; margin-block: .4rem; opacity: .5 }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font: .8rem/1.5 var(--_ui); color: var(--_soft); margin-top: .6rem }
.key > * { display: flex; gap: .4rem; align-items: center }
.moved-on { font: .8rem/1.5 var(--_ui); color: var(--_soft); margin-top: .3rem } .moved-on li { margin: 0 }
.moved-on time { font-variant-numeric: tabular-nums } .moved-on b { color: var(--_ink); font-weight: 600; unicode-bidi: isolate; white-space: nowrap }
.lines { display: none; font: .9rem/1.5 var(--_ui) } .lines h3 { margin-block: 1.5rem .5rem; font-size: .95rem }
.outlets { max-height: 9rem; overflow: auto; padding-block: .3rem .6rem; font-size: .85rem; color: var(--_soft) } .outlets li { margin: 0 } .outlets small { font-size: 1em } .outlets b { color: var(--_ink) }
.lines li li { margin: 0 } .lines > ol > li { border-top: 1px solid var(--_line); padding: .6rem 0; margin: 0 }
.lines .lit { background: var(--_mark) } .lines .words { font: 1rem/1.45 var(--_font); cursor: auto; margin-bottom: .3rem }
.lines .stance { display: flex; gap: .5rem; align-items: baseline; min-height: 1.6rem } .stance > :first-child { flex: none } .lines .silent { color: var(--_soft) }
.lines .stance button { border: 0; padding: 0 .1rem; min-height: 1.6rem; color: var(--_accent); text-align: start }
.lines .stance button:hover { text-decoration: underline }
@container (max-width: 480px) { .scroll { display: none } .lines { display: block } }
@container (min-width: 60rem) { .cols.with:has(details[open] .scroll) { grid-template-columns: minmax(0, 1fr) minmax(17rem, 26rem) } }
@media (forced-colors: active) {
  :is(td, .shape)::before { color: CanvasText } :is(.disputes, .newer, .earlier)::before { color: Highlight } tr.lit > * { background: Canvas }
}
@media print { .scroll { display: none } .lines { display: block } .lines li { break-inside: avoid } .lines button { color: #000 !important } .outlets { max-height: none } }`);

const KINDS = ["reports", "part", "disputes", "newer", "earlier"];
const MOST_NAMED = 6; // silent outlets of a row that the list names; of more it gives the number
const MOST_UPRIGHT = 7; // outlets whose names stand upright above their columns
const places = new WeakMap(); // drawn → { row, origin }: the cell that Tab comes to

/** The key that a row is lit by: its sentence's id, or a name of its own. */
const keyOf = (row, k) => row.sentence ?? `left-${k}`;

/** Fill `folded` below its summary.
 *
 * `brief` may be unfinished; `known` are its articles by id, as far as they are read; `open` shows
 * a citation, of the row of a key, among others. Drawn anew it stays scrolled and focused.
 */
export function draw(folded, { brief, known, language, t, open }) {
  const outlets = columns(brief, known), place = places.get(folded) ?? {};
  const before = folded.querySelector(".scroll"), focused = folded.querySelector("td:focus");
  const [left, top] = [before?.scrollLeft, before?.scrollTop];
  const clock = clockOf(outlets, t);
  const rows = brief.agreement.map((row, k) => {
    const cells = new Map(row.cells.map((cell) => [cell.origin, { ...cell, standing: standing(cell, row, known) }]));
    const cited = outlets.flatMap(({ id }) => cells.get(id)?.citations ?? []);
    const key = keyOf(row, k);
    return { ...row, key, cells, show: (cell) => open(cell.citations[0], key, { cited, text: row.text }) };
  });
  const told = rows.filter((row) => row.sentence), others = rows.filter((row) => !row.sentence);
  const table = tableOf({ told, others, outlets, clock, language, t });
  const region = before ?? h("div", { class: "scroll", role: "region", tabindex: 0 });
  region.ariaLabel = t.whoReports;
  region.replaceChildren(table);
  const list = (some) => h("ol", {}, some.map((row) => lineOf(row, outlets, clock, language, t)));
  const [summary, , ...below] = folded.children;
  for (const each of below) each.remove();
  if (!before) summary.after(region); // it stays, and with it the focus
  folded.append(
    h("div", { class: "lines", part: "lines" },
      h("div", { class: "outlets", role: "region", tabindex: 0, "aria-label": t.newestFirst(outlets.length) },
        h("ul", {}, outlets.map((each) => h("li", {}, named(each, clock, t))))),
      list(told), others.length > 0 && [h("h3", {}, t.leftOut), list(others)]),
    h("p", { class: "key", "aria-hidden": true }, [...kindsOf(rows), "silent"].map((kind) => h("span", {}, shape(kind), t.stances[kind]))));
  move(folded, find(table, place) ?? table.querySelector("td"), focused);
  if (before) [region.scrollLeft, region.scrollTop] = [left, top];
  table.addEventListener("keydown", (event) => step(folded, table, event));
  table.addEventListener("click", ({ target }) => {
    if (target.tagName !== "TD") return;
    move(folded, target, true);
    target.show?.();
  });
  for (const kind of ["pointerover", "focusin", "pointerleave"]) table.addEventListener(kind, ({ target }) => point(table, target, t));
}

/** Bring a row into view, its first outlet focused, in the table or in the list. */
export function visit(folded, key) {
  const row = folded.querySelector(`tr[data-s="${key}"]`);
  const cell = row.querySelector("td:not(.silent)") ?? row.cells[1];
  if (cell.offsetParent) move(folded, cell, true);
  else folded.querySelector(`li[data-s="${key}"] button`)?.focus();
}

const kindsOf = (rows) => KINDS.filter((kind) => rows.some(({ cells }) => [...cells.values()].some((cell) => cell.standing === kind)));
const classOf = (kind) => (kind === "part" ? "part-of" : kind);
const shape = (kind) => h("span", { class: `shape ${classOf(kind)}` });

/** How the time of a report is told: with its day where the reports are of several. */
function clockOf(outlets, t) {
  const region = navigator.languages.find((each) => each.split("-")[0] === t.locale) ?? t.locale;
  const hour = new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(region, { day: "numeric", month: "short" });
  const moments = outlets.filter(({ at }) => at).map(({ at }) => new Date(at));
  const one = new Set(moments.map((each) => day.format(each))).size < 2;
  return (at) => at && h("time", { datetime: at }, (one ? "" : `${day.format(new Date(at))}, `) + hour.format(new Date(at)));
}

/** An outlet with the time of its report, and who also carries it. */
function named({ name, at, reprints }, clock, t, names) {
  return [h("b", { dir: "auto" }, name), at && [" ", h("small", {}, clock(at))],
    reprints.length > 0 && [" ", h("small", {}, t.reprints(reprints.length), h("span", { class: names }, ` (${t.carried(reprints)})`))]];
}

function tableOf({ told, others, outlets, clock, language, t }) {
  const head = (each) => h("th", { scope: "col", "data-origin": each.id, title: [each.name, each.title, each.reprints.length && t.carried(each.reprints)].filter(Boolean).join("\n") },
    h("div", {}, named(each, clock, t, "sr")));
  const line = (row) => h("tr", { "data-s": row.key },
    h("th", { scope: "row" }, h("div", { class: "words", dir: "auto", lang: language }, row.text), movedOn(row, outlets, clock)),
    outlets.map(({ id, name }) => cellOf(row, row.cells.get(id), name, t)));
  return h("table", { role: "grid", part: "grid", class: outlets.length > MOST_UPRIGHT ? "many" : "" },
    h("caption", {}, h("span", {}, t.newestFirst(outlets.length))),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t.sentence), outlets.map(head))),
    h("tbody", {}, told.map(line)),
    others.length > 0 && h("tbody", {},
      h("tr", {}, h("th", { scope: "rowgroup", colspan: outlets.length + 1 }, h("span", {}, t.leftOut))), others.map(line)));
}

function cellOf(row, cell, outlet, t) {
  if (!cell) return h("td", { class: "silent", "aria-label": t.stances.silent });
  const made = h("td", { class: classOf(cell.standing), "aria-label": t.stances[cell.standing] });
  const hint = `${outlet}, ${t.stances[cell.standing]}: “${cell.citations[0]?.quote}”`;
  return Object.assign(made, { cited: cell.citations, hint, show: () => cell.citations.length && row.show(cell) });
}

function lineOf(row, outlets, clock, language, t) {
  const named = (kind) => outlets.filter(({ id }) => row.cells.get(id)?.standing === kind);
  const silent = outlets.filter(({ id }) => !row.cells.has(id));
  const open = ({ id, name }, k) => {
    const cell = row.cells.get(id);
    return [k ? ", " : "", Object.assign(button(name, () => row.show(cell), { "data-key": `line ${row.key}/${id}` }), { cited: cell.citations })];
  };
  const stance = (kind, ...content) => h("li", { class: "stance" }, shape(kind), h("span", {}, `${t.stances[kind]}: `, content));
  return h("li", { "data-s": row.key },
    h("div", { class: "words", dir: "auto", lang: language }, row.text), movedOn(row, outlets, clock),
    h("ul", {}, kindsOf([row]).map((kind) => stance(kind, named(kind).map(open))),
      silent.length > 0 && stance("silent", silent.length > MOST_NAMED ? String(silent.length) : silent.map(({ name }) => name).join(", "))));
}

/** Where a figure moved: which outlet gave which last and when, newest first; outlets that give the same are one line. */
function movedOn({ cells }, outlets, clock) {
  const all = [...cells.values()];
  if (!all.some(({ dispute }) => dispute === "superseded")) return null;
  const quote = (cell) => cell.citations[0]?.quote ?? "";
  const lines = new Map();
  for (const outlet of outlets.filter(({ id }) => cells.has(id))) {
    const cell = cells.get(outlet.id), across = all.filter((each) => (each.stance === "disputes") !== (cell.stance === "disputes"));
    const words = figure(quote(cell), across.map(quote));
    if (words) lines.set(words, [...(lines.get(words) ?? []), outlet]);
  }
  return h("ol", { class: "moved-on" }, [...lines].map(([words, [{ name, at }, ...others]]) =>
    h("li", { title: others.length > 0 && others.map((each) => each.name).join(", ") },
      clock(at), " ", h("bdi", {}, name), others.length > 0 && ` +${others.length}`, ": ", h("b", { dir: "auto" }, words))));
}

function find(table, { row, origin }) {
  const column = [...table.tHead.rows[0].cells].findIndex((each) => each.dataset.origin === origin);
  return row && table.querySelector(`tr[data-s="${row}"]`)?.cells[column];
}

/** Make a cell the one that Tab comes to. */
function move(folded, cell, focus) {
  if (!cell) return;
  const before = folded.querySelector("[data-key=cell]");
  before?.removeAttribute("data-key");
  before?.removeAttribute("tabindex");
  cell.dataset.key = "cell";
  cell.tabIndex = 0;
  const { origin } = cell.closest("table").tHead.rows[0].cells[cell.cellIndex].dataset;
  places.set(folded, { row: cell.parentNode.dataset.s, origin });
  if (focus) cell.focus();
}

/** Arrow keys, Home and End move between the cells; Enter opens one. */
function step(folded, table, event) {
  const { key, ctrlKey, target } = event;
  if (target.tagName !== "TD") return;
  const rows = [...table.rows].filter((row) => row.dataset.s);
  const last = target.parentNode.cells.length - 1;
  let x = target.cellIndex, y = rows.indexOf(target.parentNode);
  if (key === "ArrowLeft") x -= 1;
  else if (key === "ArrowRight") x += 1;
  else if (key === "ArrowUp") y -= 1;
  else if (key === "ArrowDown") y += 1;
  else if (key === "Home") [x, y] = [1, ctrlKey ? 0 : y];
  else if (key === "End") [x, y] = [last, ctrlKey ? rows.length - 1 : y];
  else if (key === "Enter" || key === " ") target.show?.();
  else return;
  event.preventDefault();
  const cell = rows[y]?.cells[Math.min(x, last)];
  if (cell?.tagName === "TD" && cell !== target) move(folded, cell, true);
}

/** Underline the outlet of the cell that is pointed at; its quotation is its hint. */
function point(table, cell, t) {
  table.querySelector(".here")?.classList.remove("here");
  if (cell.tagName !== "TD") return;
  table.tHead.rows[0].cells[cell.cellIndex].classList.add("here");
  cell.title = cell.hint ?? t.stances.silent;
}
