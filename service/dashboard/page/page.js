/** The newsroom page: from articles to a brief, a check of a draft, and the same in code. */

import "../embed/news-brief.js";
import { button, h } from "../embed/element.js";
import { Trouble, call } from "../embed/wire.js";
import { copy } from "../embed/export.js";
import { curl, python, snippet } from "./code.js";
import { fromFile, fromText, requestOf } from "./intake.js";
import * as past from "./history.js";
import { read, write as remember } from "./storage.js";

const API = new URL(".", document.baseURI).href; // the page may be served below a prefix
const $ = (id) => document.getElementById(id);
const NARROW = matchMedia("(max-width: 68rem)");
const view = document.querySelector("news-brief");

let articles = []; // as POST /v1/briefs takes them
let again = null; // what a notice's button, or the connection's return, tries again

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
  $("said").textContent = found.length ? `${articles.length} articles are ready.` : "There was no article in it.";
}

function drawArticles() {
  const field = (article, name, label, type) => {
    const moment = type === "datetime-local";
    const input = h("input", { type, value: moment ? article[name]?.slice(0, 16) : article[name] });
    input.addEventListener("change", () => {
      if (input.value) article[name] = moment ? `${input.value}:00Z` : input.value;
      else delete article[name];
    });
    return h("label", {}, label, input);
  };
  $("articles").replaceChildren(...articles.map((each) => {
    const size = each.url && !each.text && !each.html ? "to be fetched" : `${(each.text ?? each.html).length.toLocaleString("en")} characters`;
    const name = each.title ?? each.url ?? each.id;
    return h("li", {},
      h("details", {}, h("summary", {}, h("bdi", {}, name), h("span", { class: "hint" }, ` · ${size}`)),
        field(each, "title", "Title", "text"), field(each, "publisher", "Outlet", "text"),
        field(each, "published_at", "Published (UTC)", "datetime-local")),
      button("×", () => {
        articles = articles.filter((other) => other !== each);
        drawArticles();
        $("said").textContent = `${articles.length} articles are ready.`;
        ($("articles").querySelector("button") ?? $("paste")).focus();
      }, { class: "icon", "aria-label": `Remove ${name}` }));
  }));
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
  if (refused.length) $("said").textContent = `Not read: ${refused.join(", ")}. Files may be .txt, .md, .html or .json.`;
}

async function takeSample() {
  await attempt(takeSample, async () => {
    const sample = await (await ask("page/sample.json")).json();
    articles = [];
    add(sample.articles);
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
  if (!articles.length) return notice("There are no articles yet", "Paste or drop some, or take the sample.");
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
  past.keep({ id: brief.id, headline: brief.headline?.text ?? "Brief without a headline" });
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
    articles = [];
    add(found.map((each) => Object.fromEntries(Object.entries(each).filter(([, value]) => value !== null))));
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
    }, { class: "icon", "aria-label": `Forget ${headline}` }))));
}

async function check() {
  const text = $("draft").value.trim();
  if (!text) return $("draft").focus();
  if (!articles.length) return $("verdict").replaceChildren(h("p", {}, "Add the articles to check it against first."));
  $("verdict").replaceChildren(h("p", {}, "Reading the draft against the articles …"));
  try {
    const json = { ...requestOf(articles, {}), text };
    drawVerdict(await (await ask("v1/checks", { json })).json());
  } catch (error) {
    $("verdict").replaceChildren(explained(error, check));
  }
}

const VERDICTS = { supported: "Supported", partial: "Partly supported", conflicted: "Sources disagree", unsupported: "Not supported" };

function drawVerdict({ sentences, articles: reports }) {
  const outlet = (id) => articles.find((each) => each.id === id)?.publisher ?? id;
  const quote = (each) => h("blockquote", {}, h("span", { class: "hint" }, `${outlet(each.article_id)}${{ nearest: ", closest but no support", contradicts: " says otherwise" }[each.role] ?? ""}`), h("br"), h("span", { dir: "auto" }, each.quote));
  const failed = reports.filter((each) => !each.used).map((each) => h("p", { class: "hint" }, `${each.id} was not used: ${each.warnings.join(", ")}`));
  const right = sentences.filter((each) => each.status === "supported").length;
  $("verdict").replaceChildren(
    h("p", {}, `${right} of ${sentences.length} sentences are supported.`),
    ...sentences.map((each) => h("details", { class: each.status, open: each.status !== "supported" },
      h("summary", { dir: "auto" }, h("span", { class: "verdict" }, VERDICTS[each.status]), each.text),
      each.problems.map((problem) => h("p", {}, problem)), each.repair && h("p", { dir: "auto" }, h("span", { class: "hint" }, "It would stand as: "), each.repair), [...each.citations, ...each.nearest].map(quote))),
    ...failed);
}

/** Do something; what goes wrong stands above the brief, with a way to try again. */
async function attempt(retry, action) {
  $("state").replaceChildren();
  again = null;
  try {
    await action();
  } catch (error) {
    busy(false);
    $("state").replaceChildren(explained(error, retry));
    $("work").focus();
  }
}

const TITLES = { offline: "No connection", badKey: "A valid API key is needed", limited: "Too many calls for now", gone: "There is no such thing" };

function explained(error, retry) {
  if (!(error instanceof Trouble)) {
    console.error(error);
    return explained(new Trouble(500, { detail: String(error) }), retry);
  }
  const { status, problem, after } = error;
  if (status === 401) askForKey();
  if (status === 0) again = retry;
  const left = h("span");
  if (status === 429) countdown(left, after || 5, retry);
  return h("div", { class: `notice${error.passing ? " wait" : ""}`, role: "alert" },
    h("h2", {}, TITLES[error.kind] ?? problem.title ?? "It did not work"),
    h("p", {}, status === 0 ? "The service can’t be reached. Nothing is lost; it is tried again as soon as there is a connection." : error.message),
    problem.errors?.length > 1 && h("ul", {}, problem.errors.map(({ path, message }) => h("li", {}, h("code", {}, path), ` ${message}`))),
    status === 429 && h("p", { "aria-live": "off" }, "Trying again in ", left),
    button("Try again", retry));
}

function notice(title, text) {
  $("state").replaceChildren(h("div", { class: "notice wait", role: "alert" }, h("h2", {}, title), h("p", {}, text)));
}

function countdown(node, seconds, then) {
  node.textContent = `${seconds} s`;
  setTimeout(() => {
    if (!node.isConnected) return;
    if (seconds > 1) countdown(node, seconds - 1, then);
    else then();
  }, 1000);
}

function askForKey() {
  $("access").open = true;
  $("key").focus();
}

function connection() {
  $("offline").textContent = navigator.onLine ? "" : "You are offline. What is on this page stays; it goes on when the connection is back.";
  if (navigator.onLine) again?.();
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
$("checking").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
for (const each of document.querySelectorAll("[data-copy]")) {
  each.addEventListener("click", async () => {
    const label = each.textContent;
    await copy($(each.dataset.copy).textContent, "text");
    each.textContent = "Copied";
    setTimeout(() => (each.textContent = label), 1500);
  });
}
$("key").value = read("sessionStorage", "key") ?? "";
$("key").addEventListener("change", () => {
  remember("sessionStorage", "key", key());
  $("access").open = false;
  if (view.src) view.load();
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
addEventListener("hashchange", follow);

drawHistory();
connection();
follow();
