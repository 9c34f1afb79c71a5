/** The newsroom page: from articles to a brief, a check of a draft, and the same in code. */

import "../embed/news-brief.js";
import { button, h } from "../embed/element.js";
import { call } from "../embed/wire.js";
import { copy } from "../embed/export.js";
import { curl, python, snippet } from "./code.js";
import { keep, kept } from "./desk.js";
import * as draft from "./draft.js";
import { fromFile, fromText, requestOf } from "./intake.js";
import * as past from "./history.js";
import { choose, number, speak, t, wanted } from "./language.js";
import { read, write as remember } from "./storage.js";
import { askForKey, explained, notice, retry } from "./trouble.js";

const API = new URL(".", document.baseURI).href; // the page may be served below a prefix
const $ = (id) => document.getElementById(id);
const NARROW = matchMedia("(max-width: 68rem)");
const view = document.querySelector("news-brief");

let articles = []; // as POST /v1/briefs takes them

const key = () => $("key").value.trim();
const ask = (path, options) => call(API + path, { token: key, ...options });

function add(found) {
  for (const each of found) {
    const taken = new Set(articles.map(({ id }) => id));
    let id = each.id, copies = 1;
    while (taken.has(id)) id = `${each.id}-${(copies += 1)}`;
    articles.push({ ...each, id });
  }
  drawArticles();
  said(found.length ? t.ready(articles.length) : t.nothing);
}

/** Say what became of the articles; what was taken away can be had back. */
function said(text, before) {
  const back = before?.length && button(t.undo, () => {
    articles = before;
    drawArticles();
    said(t.ready(articles.length));
  });
  $("said").replaceChildren(text, ...(back ? [" ", back] : []));
}

/** Lay other articles on the desk in the place of these. */
function replace(found) {
  const before = articles;
  articles = [];
  add(found);
  if (found.length) said(t.ready(articles.length), before);
  else said(t.removed(before.length), before);
}

function drawArticles() {
  const field = (article, name, label, type) => {
    const moment = type === "datetime-local";
    const input = h("input", { type, value: moment ? article[name]?.slice(0, 16) : article[name] });
    input.addEventListener("change", () => {
      if (input.value) article[name] = moment ? `${input.value}:00Z` : input.value;
      else delete article[name];
      keepArticles();
    });
    return h("label", {}, label, input);
  };
  $("articles").replaceChildren(...articles.map((each) => {
    const size = each.url && !each.text && !each.html ? t.fetched : t.characters(number((each.text ?? each.html).length));
    const name = each.title ?? each.url ?? each.id;
    return h("li", {},
      h("details", {}, h("summary", {}, h("bdi", {}, name), h("span", { class: "hint" }, ` · ${size}`)),
        field(each, "title", t.title, "text"), field(each, "publisher", t.outlet, "text"),
        field(each, "published_at", t.published, "datetime-local")),
      button("×", () => {
        const before = articles;
        articles = articles.filter((other) => other !== each);
        drawArticles();
        said(t.ready(articles.length), before);
        ($("articles").querySelector("button") ?? $("paste")).focus();
      }, { class: "icon", "aria-label": t.remove(name) }));
  }));
  $("keeping").hidden = !articles.length;
  keepArticles();
  draft.refresh();
}

function keepArticles() {
  keep("articles", articles.length ? articles : null, told);
}

/** Say which pieces of the desk the browser can't keep. */
function told(lost) {
  $("lost").textContent = lost.length ? t.lost(lost.map((each) => t.pieces[each]).join(t.and)) : "";
}

function addPasted() {
  add(fromText($("paste").value));
  $("paste").value = "";
}

async function addFiles(files) {
  const refused = [], found = [];
  for (const file of files) {
    await fromFile(file).then((each) => found.push(...each), () => refused.push(file.name));
  }
  add(found);
  if (refused.length) said(t.refused(refused.join(", ")));
}

async function takeSample() {
  await attempt(takeSample, async () => {
    const sample = await (await ask("page/sample.json")).json();
    replace(sample.articles);
  });
}

function request() {
  const options = {
    length: { [$("unit").value]: $("length").valueAsNumber || 8 },
    style: document.querySelector("[name=style]:checked").value,
    focus: $("focus").value.trim() || undefined,
    supersedes: ($("supersedes").checked && view.brief?.id) || undefined,
  };
  return requestOf(articles, options);
}

async function write() {
  show("brief");
  if (!articles.length) return $("state").replaceChildren(notice(t.none, t.noneText));
  await attempt(write, async () => {
    busy(true);
    const json = request();
    json.options.masked = true; // shown in the article's pane; nothing that a developer needs
    const answer = await ask("v1/briefs", { json, headers: { Prefer: "respond-async" } });
    const told = await answer.json();
    open(answer.status === 202 ? `jobs/${told.id}` : `briefs/${told.id}`);
    $("work").focus();
  });
}

/** Let the address name what is open, so that it outlives a reload and can be sent on. */
function open(place) {
  if (location.hash === `#/${place}`) follow();
  else location.hash = `#/${place}`;
}

function follow() {
  const [, kind, id] = /^#\/(jobs|briefs)\/([\w-]+)$/.exec(location.hash) ?? [];
  $("empty").hidden = Boolean(kind);
  view.hidden = !kind;
  $("reuse").hidden = $("follow").hidden = true;
  $("state").replaceChildren();
  busy(kind === "jobs");
  const src = kind ? `${API}v1/${kind}/${id}` : "";
  if (kind && view.src === src) view.load();
  else if (kind) view.src = src;
  else view.removeAttribute("src");
  if (kind) show("brief");
  if (kind && NARROW.matches) $("compose").open = false; // the brief would be below it
  drawCode();
}

function busy(is) {
  $("write").disabled = is;
  $("withdraw").hidden = !is;
}

view.token = key;
view.addEventListener("brief-ready", ({ detail: { brief } }) => {
  past.keep({ id: brief.id, headline: brief.headline?.text ?? t.untitled });
  drawHistory();
  busy(false);
  $("reuse").hidden = $("follow").hidden = false;
  history.replaceState(null, "", `#/briefs/${brief.id}`);
  drawCode();
});
view.addEventListener("brief-error", ({ detail }) => {
  busy(false);
  if (detail.status === 401) askForKey();
});

async function withdraw() {
  const job = view.src.split("/").at(-1);
  await attempt(withdraw, () => ask(`v1/jobs/${job}`, { method: "DELETE" }));
}

async function reuse() {
  await attempt(reuse, async () => {
    const { id, articles: reports } = view.brief;
    const read = (each) => ask(`v1/briefs/${id}/articles/${encodeURIComponent(each.id)}`).then((answer) => answer.json());
    const found = await Promise.all(reports.filter((each) => each.used).map(read));
    replace(found.map((each) => Object.fromEntries(Object.entries(each).filter(([, value]) => value !== null))));
  });
}

function drawHistory() {
  const kept = past.all();
  $("past").hidden = !kept.length;
  $("history").replaceChildren(...kept.map(({ id, headline }) => h("li", {},
    h("a", { href: `#/briefs/${id}` }, h("bdi", {}, headline)),
    button("×", () => {
      past.drop(id);
      drawHistory();
    }, { class: "icon", "aria-label": t.forgetOne(headline) }))));
}

/** Do something; what goes wrong stands above the brief, with a way to try again. */
async function attempt(again, action) {
  $("state").replaceChildren();
  try {
    await action();
  } catch (error) {
    busy(false);
    $("state").replaceChildren(explained(error, again));
    $("work").focus();
  }
}

function connection() {
  $("offline").textContent = navigator.onLine ? "" : t.offline;
}

function drawCode() {
  const asked = request();
  $("curl").textContent = curl(API, asked);
  $("python").textContent = python(API, asked);
  $("snippet").textContent = snippet(API, view.src.includes("/briefs/") ? view.src : `${API}v1/briefs/${view.brief?.id ?? "ID"}`);
}

const tabs = [...document.querySelectorAll("[role=tab]")];

function show(name) {
  for (const tab of tabs) {
    const chosen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    $(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (name === "code") drawCode();
  remember("sessionStorage", "newsbrief.tab", name);
}

document.querySelector("[role=tablist]").addEventListener("keydown", ({ key: pressed }) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[pressed];
  if (!step) return;
  const next = tabs.at((tabs.indexOf(document.activeElement) + step) % tabs.length);
  next.focus();
  next.click();
});
for (const tab of tabs) tab.addEventListener("click", () => show(tab.id.slice("tab-".length)));

$("add").addEventListener("click", addPasted);
$("files").addEventListener("change", ({ target }) => addFiles(target.files).then(() => (target.value = "")));
$("sample").addEventListener("click", takeSample);
$("try").addEventListener("click", async () => {
  await takeSample();
  if (articles.length) await write();
});
$("options").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("paste").value.trim()) addPasted();
  write();
});
$("unit").addEventListener("change", ({ target }) => {
  const words = target.value === "words";
  Object.assign($("length"), words ? { min: 20, max: 2000, value: 200 } : { min: 1, max: 40, value: 8 });
});
$("withdraw").addEventListener("click", withdraw);
$("reuse").addEventListener("click", reuse);
$("forget").addEventListener("click", () => {
  past.clear();
  drawHistory();
});
$("checking").addEventListener("submit", () => {
  if (NARROW.matches && articles.length) $("compose").open = false; // the verdicts would be below it
});
$("clear").addEventListener("click", () => {
  replace([]);
  $("said").querySelector("button").focus();
});
$("language").addEventListener("change", async ({ target }) => {
  await choose(target.value);
  drawAll();
  view.lang = document.documentElement.lang;
});
for (const each of document.querySelectorAll("[data-copy]")) {
  each.addEventListener("click", async () => {
    const label = each.textContent;
    await copy($(each.dataset.copy).textContent, "text");
    each.textContent = t.copied;
    setTimeout(() => (each.textContent = label), 1500);
  });
}
$("key").value = read("sessionStorage", "key") ?? "";
$("key").addEventListener("change", () => {
  remember("sessionStorage", "key", key());
  $("access").open = false;
  if (view.src) view.load();
  retry();
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  $("drop").addEventListener(kind, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", kind === "dragover");
    if (kind !== "drop") return;
    const { files } = event.dataTransfer;
    if (files.length) addFiles(files);
    else add(fromText(event.dataTransfer.getData("text/plain")));
  });
}
for (const kind of ["online", "offline"]) addEventListener(kind, connection);
addEventListener("online", retry);
addEventListener("hashchange", follow);

function drawAll() {
  $("language").value = document.documentElement.lang;
  drawArticles();
  drawHistory();
  connection();
  draft.draw();
}

articles = kept("articles") ?? [];
draft.begin({ api: API, ask, token: key, articles: () => articles, told });
const left = read("sessionStorage", "newsbrief.tab"); // where the reader was before a reload
await speak(wanted());
drawAll();
follow();
if ($(`tab-${left}`)) show(left);
