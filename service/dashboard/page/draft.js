/** The editor's own draft: checked sentence by sentence, mended in place, kept over reloads. */

import { button, h, linkOf } from "../embed/element.js";
import { Trouble } from "../embed/wire.js";
import { kept, keep } from "./desk.js";
import { follow } from "./follow.js";
import { requestOf } from "./intake.js";
import { t } from "./language.js";
import { became, compared, edited, rowsOf } from "./sentences.js";
import { explained, notice } from "./trouble.js";

const $ = (id) => document.getElementById(id);
const field = $("draft");
const STATUSES = ["supported", "partial", "conflicted", "unsupported"];

let page; // { api, ask, articles, token, told }: what this tab needs of the rest
let last = ""; // the draft as the rows were placed in it
let rows = []; // see sentences.js; `open`, `again` and `fresh` are this module's
let sent = { text: "", articles: "", before: [] }; // what is checked, and the verdicts before: [text, status]
let job = null; // that is listened to
let shown = null; // the check whose sentences the rows are
let unused = []; // articles that took no part: [id, warnings]
let items = []; // what stands in the list: its node, and of what it was drawn
let stop = new AbortController();

/** Take up the draft where it was left. */
export function begin(needs) {
  page = needs;
  field.value = last = kept("draft") ?? "";
  const before = kept("check");
  if (Array.isArray(before?.rows) && before.sent) ({ rows, sent, job, shown, unused } = before);
  field.addEventListener("input", changed);
  $("checking").addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  $("halt").addEventListener("click", halt);
  $("recheck").addEventListener("click", check);
  $("discard").addEventListener("click", discard);
  $("verdicts").addEventListener("keydown", pressed);
  draw();
  if (job) resume();
}

/** Draw everything anew, as in another language. */
export function draw() {
  items = [];
  $("verdicts").replaceChildren();
  refresh();
}

function save() {
  keep("draft", field.value || null, page.told);
  keep("check", rows.length || job ? { rows, sent, job, shown, unused } : null, page.told);
}

const state = (k) => became(rows, k, last, sent.text);
const signature = () => page.articles().map(({ id, text, html, url }) => `${id} ${(text ?? html ?? url).length}`).join("\n");

/** Check the draft as it stands; the verdicts before stay until the new ones come. */
async function check() {
  const text = field.value;
  if (!text.trim()) return field.focus();
  if (!page.articles().length) return $("draft-state").replaceChildren(notice("", t.addFirst));
  await under(async (signal) => {
    const answer = await page.ask("v1/checks", { json: { ...requestOf(page.articles(), {}), text }, headers: { Prefer: "respond-async" }, signal });
    const told = await answer.json();
    const before = rows.filter((row, k) => row.judged && STATUSES.includes(state(k)));
    sent = { text, articles: signature(), before: before.map((row) => [row.text, row.judged.status]) };
    shown = null; // even where it is the same check: the draft may have been put together anew
    if (answer.status !== 202) return finish(told, told.id);
    job = told.id;
    save();
    await listen(signal);
  });
}

const resume = () => under(listen);

/** Do something as the one thing under way; the draft and what was told of it outlive its errors. */
async function under(action) {
  stop.abort();
  const { signal } = (stop = new AbortController());
  $("draft-state").replaceChildren();
  busy(true);
  say(t.begun);
  try {
    await action(signal);
  } catch (error) {
    if (signal.aborted) return;
    const lost = job && [404, 410].includes(error.status);
    if (!(error instanceof Trouble) || !(error.passing || error.status === 401)) job = null;
    $("draft-state").replaceChildren(lost ? notice(t.troubles.gone, t.lostJob) : explained(error, job ? resume : check));
    say("");
  }
  busy(false);
  refresh();
  save();
}

function busy(is) {
  const had = [$("judge"), $("halt"), $("recheck")].includes(document.activeElement);
  $("judge").hidden = is;
  $("halt").hidden = !is;
  if (had) $(is ? "halt" : "judge").focus();
  if (is) $("stale").hidden = true;
}

async function listen(signal) {
  const url = `${page.api}v1/jobs/${job}`;
  for await (const { kind, told } of follow(url, { token: page.token, signal, resuming: () => say(t.resuming) })) {
    if (kind === "draft") place(told.sentences, job);
    else if (kind === "verdict") judged(told);
    else if (kind === "done") {
      if (!told.sentences) throw new Trouble(410);
      finish(told, job);
    } else continue;
    refresh();
    save();
  }
}

async function halt() {
  const asked = job;
  if (asked) await page.ask(`v1/jobs/${asked}`, { method: "DELETE" }).catch(() => null);
  stop.abort();
  job = null;
  busy(false);
  $("draft-state").replaceChildren(explained(new Trouble(499), check));
  refresh();
  save();
}

/** Rows for the sentences of a check; those of its earlier events stay as they are. */
function place(spans, name) {
  const made = rowsOf(spans, sent.text);
  if (shown === name && made.length === rows.length && made.every(({ from }, k) => rows[k].from === from)) return;
  rows = edited(made, sent.text, field.value);
  shown = name;
  items = [];
  $("verdicts").replaceChildren();
}

function judged(sentence) {
  const before = new Map(sent.before);
  rows = rows.map((row) => (row.from !== sentence.start ? row : {
    ...row, judged: sentence, again: before.get(row.text) === sentence.status, fresh: before.size > 0 && !before.has(row.text),
  }));
  const read = rows.filter((row) => row.judged).length;
  if (read % Math.ceil(rows.length / 4) === 0) say(t.told(read, rows.length)); // not at every sentence
}

function finish({ sentences, articles }, name) {
  place(sentences, name);
  sentences.forEach(judged);
  unused = articles.filter((each) => !each.used).map(({ id, warnings }) => [id, warnings]);
  job = null;
  say(tally());
}

function changed() {
  rows = edited(rows, last, field.value, field.selectionEnd);
  last = field.value;
  refresh();
  save();
}

/** Put other words in a sentence's place. */
function replace(k, text, said) {
  const { start, end } = rows[k], shift = text.length - (end - start);
  field.setRangeText(text, start, end);
  last = field.value;
  rows = rows.map((row, i) => (i < k ? row : { ...row, start: row.start + (i > k ? shift : 0), end: row.end + shift }));
  refresh();
  save();
  focus(k);
  say(said);
}

const take = (k) => replace(k, rows[k].judged.repair, t.taken);
const undo = (k) => replace(k, rows[k].text, t.undone);
const focus = (k) => items[k].node.querySelector("summary")?.focus();

/** Single keys, while the focus is within a verdict: j and k step, r takes the repair, u undoes. */
function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const k = items.findIndex(({ node }) => node.contains(event.target));
  const what = k < 0 ? "" : state(k);
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step) {
    const all = [...$("verdicts").querySelectorAll("summary")];
    all[all.indexOf(items[k].node.querySelector("summary")) + step]?.focus();
  } else if (event.key === "r" && STATUSES.includes(what) && rows[k].judged.repair) take(k);
  else if (event.key === "u" && k >= 0 && !STATUSES.includes(what) && what !== "waiting") undo(k);
  else return;
  event.preventDefault();
}

function discard() {
  const before = { value: field.value, rows, sent, shown, unused };
  halted();
  field.value = last = "";
  [rows, shown, unused] = [[], null, []];
  draw();
  save();
  const back = button(t.undo, () => {
    field.value = last = before.value;
    ({ rows, sent, shown, unused } = before);
    $("draft-state").replaceChildren();
    draw();
    save();
    field.focus();
  });
  $("draft-state").replaceChildren(h("p", { role: "status" }, t.discarded, " ", back));
  back.focus();
}

function halted() {
  if (job) page.ask(`v1/jobs/${job}`, { method: "DELETE" }).catch(() => null);
  stop.abort();
  job = null;
  busy(false);
}

function say(text) {
  $("draft-said").textContent = text;
}

function tally() {
  const right = rows.filter((_, k) => state(k) === "supported").length;
  const mended = rows.filter((_, k) => ["repaired", "borrowed"].includes(state(k))).length;
  return [t.supportedOf(right, rows.length), mended && t.repaired(mended)].filter(Boolean).join(" ");
}

/** Bring what is seen up to date; a verdict that has not changed keeps its nodes, and the focus. */
export function refresh() {
  if (!page) return;
  rows.forEach((row, k) => {
    const now = last.slice(row.start, row.end), what = state(k);
    const drawn = items[k];
    if (drawn?.what === what && drawn.now === now && drawn.judged === row.judged) return;
    const node = item(row, k, what, now), had = drawn?.node.contains(document.activeElement);
    if (drawn) drawn.node.replaceWith(node);
    else $("verdicts").append(node);
    items[k] = { node, what, now, judged: row.judged };
    if (had) focus(k);
  });
  while (items.length > rows.length) items.pop().node.remove();
  const read = rows.filter((row) => row.judged).length, reading = job && rows.length > 0;
  $("tally").textContent = !rows.length ? (job ? t.begun : "") : reading || read < rows.length ? t.told(read, rows.length) : tally();
  Object.assign($("reading"), { hidden: !job, ariaLabel: t.progress });
  if (reading) Object.assign($("reading"), { max: rows.length, value: read });
  else $("reading").removeAttribute("value");
  $("keys").hidden = !read;
  $("unused").replaceChildren(...unused.map(([id, warnings]) => h("li", {}, t.unused(id, warnings.map(warning).join(", ")))));
  stale();
  $("discard").hidden = !field.value && !rows.length;
}

const warning = (code) => (code.startsWith("fetch-failed:") ? `${t.labels.fetchFailed} (${code.slice(13)})` : t.labels.warnings[code] ?? code);

/** What was changed since it was read, and the offer to check again. */
function stale() {
  const moved = rows.filter((_, k) => ![...STATUSES, "waiting"].includes(state(k))).length;
  const bare = (text) => text.replace(/\s/g, "");
  const other = rows.length > 0 && signature() !== sent.articles;
  const count = moved || (rows.length > 0 && bare(last) !== bare(sent.text) ? 1 : 0);
  $("stale").hidden = Boolean(job) || !(count || other);
  $("stale-text").textContent = count ? t.changedSince(count) : t.otherArticles;
}

function item(row, k, what, now) {
  const label = h("span", { class: "verdict" }, t.states[what]);
  if (what === "waiting") return h("li", { class: "waiting" }, label, h("span", { dir: "auto" }, now));
  const own = !STATUSES.includes(what), { judged: found } = row;
  const summary = h("summary", {}, label, row.fresh && !own && h("span", { class: "fresh" }, t.fresh),
    what === "removed" ? h("del", { dir: "auto" }, row.text) : h("span", { dir: "auto" }, now));
  const change = button(t.change, () => {
    field.focus();
    field.setSelectionRange(rows[k].start, rows[k].end);
  });
  return h("li", {}, h("details", {
    class: what, open: row.open ?? (what !== "supported" && !row.again),
    ontoggle: ({ target }) => rows[k] && (rows[k].open = target.open),
  }, summary,
  own ? [
    what !== "removed" && h("p", {}, h("span", { class: "hint" }, `${t.was} `), h("del", { dir: "auto" }, row.text)),
    h("p", { class: "row" }, button(t.undo, () => undo(k), { "aria-keyshortcuts": "u" }), what !== "removed" && change),
  ] : [
    problems(found).map((each) => h("p", {}, each)),
    found.repair && mended(found.repair, row, k),
    [...found.citations, ...found.nearest].map((each) => quoted(each, k)),
    what !== "supported" && h("p", { class: "row" }, change),
  ]));
}

/** What fails, in the page's language where every failed check has words in it. */
function problems({ checks, problems: english }) {
  const failed = checks.filter((each) => !each.passed && t.problems?.[each.name]);
  if (failed.length >= english.length) return failed.map((each) => t.problems[each.name](each.failed));
  return english.map((each) => h("span", { lang: "en" }, each));
}

function mended(repair, row, k) {
  const { head, without, with: own, tail } = compared(row.text, repair);
  return h("p", { class: "repair" }, h("span", { class: "hint" }, t.repair), " ",
    h("span", { dir: "auto" }, head, without && h("del", {}, without), without && own && " ", own && h("ins", {}, own), tail), " ",
    button(t.take, () => take(k), { "aria-keyshortcuts": "r" }));
}

function quoted(cited, k) {
  const article = page.articles().find((each) => each.id === cited.article_id);
  const remark = { nearest: t.nearest, contradicts: t.contradicts }[cited.role];
  return h("blockquote", {}, h("p", { class: "hint" }, h("bdi", {}, article?.publisher ?? cited.article_id), remark && `, ${remark}`),
    h("p", { dir: "auto" }, cited.quote),
    h("p", { class: "row" },
      remark && button(t.instead, () => replace(k, cited.quote, t.taken)),
      button(t.open, () => show(cited, article))));
}

/** The article at the very characters, as far as this page has its text. */
function show({ article_id, quote, start, end }, article) {
  const { title, publisher, url, text } = article ?? {};
  const held = text?.slice(start, end) === quote, link = linkOf(url);
  const mark = h("mark", {}, quote);
  const dialog = $("article");
  dialog.replaceChildren(
    h("div", { class: "head" }, h("h2", { id: "article-title", dir: "auto" }, title ?? publisher ?? article_id), button(t.close, () => dialog.close(), { autofocus: true })),
    h("p", { class: "hint" }, publisher ?? article_id, link && [" · ", h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, t.original)]),
    h("div", { class: "text", dir: "auto", tabindex: 0, role: "region", "aria-labelledby": "article-title" }, held && text.slice(0, start), mark, held && text.slice(end)));
  dialog.showModal();
  mark.scrollIntoView({ block: "center" });
}
