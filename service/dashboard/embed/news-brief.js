/**
 * <news-brief>: a brief in which every sentence opens the exact characters that it rests on.
 *
 *   <script type="module" src="https://briefs.example/embed/news-brief.js"></script>
 *   <news-brief src="https://briefs.example/v1/briefs/ID"></news-brief>
 *
 * `src` is a brief or a job; while a job runs, its sentences appear as they are told. `token` is a
 * function that gives an API key, or a promise of one: a property, never an attribute. Events:
 * brief-progress, brief-ready, brief-error, brief-edited, brief-copied, citation-open,
 * sentence-copied.
 *
 * What the service sends becomes text nodes, never markup. Offsets are UTF-16, as strings have
 * here. What a reader may never need (the source pane, editing, exports, other languages) is
 * fetched when it is.
 */

import { mark, origins } from "./agreement.js";
import { button, h, linkOf, role } from "./element.js";
import { lightParts } from "./parts.js";
import style from "./style.js";
import { Trouble, call, events } from "./wire.js";
import english from "./words.js";

const LANGUAGES = { de: () => import("./words.de.js") };

const LONGEST_PAUSE_S = 15; // between two tries to take a stream up again

/** Whether this browser keeps changes of a brief. */
function hasEdits(id) {
  try {
    return `newsbrief.edits.${id}` in localStorage;
  } catch {
    return false;
  }
}

class NewsBrief extends HTMLElement {
  static observedAttributes = ["src", "lang"];

  #t = english;
  #token;
  #stop = new AbortController(); // of what is under way for this `src`
  #base; // the service's address, before /v1
  #brief; // as far as it is told, in the shape of the API's response
  #ready;
  #stage;
  #trouble;
  #changes;
  #articles; // id → promise of the stored article
  #known; // id → the article once it is read; before, its outlet and time
  #notes = []; // { number, citation, ids }: every cited span once, in reading order
  #opened; // { ids, key, cited }: whose source the pane shows, and what had the focus before
  #edits; // sentence id → { dropped }, or { text, own, citations, origins, … }
  #earlier; // the editor's wording of earlier versions that fits no sentence: { text, edit }
  #keeper; // the module that keeps both in this browser; `#held` while it can
  #held;
  #editor; // the module, while the brief is edited
  #writing; // the id of the sentence in the text field

  #status = h("p", { class: "sr", role: "status" });
  #above = h("div");
  #below = h("div");
  #who = h("details", { part: "agreement", ontoggle: () => this.#draw() }, h("summary")); // stays as it is when the rest is drawn
  #main = h("article", { part: "brief" }, this.#above, this.#who, this.#below);
  #list = h("div", { part: "sources" });
  #pane = h("dialog", { part: "pane", "aria-labelledby": "title", onclose: () => this.#closed() });
  #aside = h("aside", {}, this.#list, this.#pane);
  #cols = h("div", { class: "cols" }, this.#main, this.#aside);

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style];
    root.append(this.#status, this.#cols);
    for (const kind of ["pointerover", "pointerleave", "focusin", "focusout"]) {
      this.#cols.addEventListener(kind, ({ target }) => {
        const near = /over|in$/.test(kind) && target.closest("[data-s]");
        this.#light(near ? near.dataset.s : this.#opened?.ids, near ? target.cited : this.#opened?.cited);
      });
    }
    this.#pane.addEventListener("keydown", ({ key }) => key === "Escape" && this.#pane.close());
  }

  connectedCallback() {
    if (Object.hasOwn(this, "token")) {
      this.#token = this.token; // set before this class was known
      delete this.token;
    }
    this.load();
  }

  disconnectedCallback() {
    this.#stop.abort();
  }

  attributeChangedCallback(name, before, now) {
    if (this.isConnected && before !== now) this.load();
  }

  get src() {
    return this.getAttribute("src") ?? "";
  }
  set src(url) {
    this.setAttribute("src", url);
  }

  /** Gives the API key, or a promise of it; called before every request. */
  get token() {
    return this.#token;
  }
  set token(give) {
    this.#token = give;
    if (this.isConnected) this.load();
  }

  /** The brief as the API gave it; null until it is finished. */
  get brief() {
    return this.#ready ? this.#brief : null;
  }

  /** The brief with the editor's changes, as "text", "markdown" or "html". */
  async export(format) {
    const { FORMATS } = await import("./export.js");
    return FORMATS[format](await this.#written(this.#current()));
  }

  /** Read `src` anew. */
  async load() {
    this.#stop.abort();
    const { signal } = (this.#stop = new AbortController());
    this.#brief = { text: "", ...this.#nothing() };
    this.#ready = this.#stage = this.#trouble = this.#changes = this.#editor = this.#writing = null;
    this.#edits = new Map();
    this.#earlier = [];
    this.#articles = new Map();
    this.#known = new Map();
    this.#pane.close();
    try {
      const language = (this.closest("[lang]")?.lang || "en").split("-")[0];
      const words = await LANGUAGES[language]?.().catch(() => null); // meanwhile a host may set `token`
      if (signal.aborted) return;
      this.#t = { ...english, ...words?.default, locale: words ? language : "en" };
      this.#cols.lang = this.#t.locale;
      this.#cols.hidden = !this.src;
      if (!this.src) return;
      const { origin, pathname } = new URL(this.src, document.baseURI);
      const [, before, kind] = /^(.*)\/v1\/(briefs|jobs)\/[^/]+$/.exec(pathname) ?? [];
      if (!kind) throw new Trouble(404, { detail: this.src });
      this.#base = origin + before;
      this.#render();
      const url = origin + pathname;
      if (kind === "jobs") await this.#follow(url, signal);
      else await this.#show(await this.#get(url));
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  #call(url, options) {
    return call(url, { token: this.#token, signal: this.#stop.signal, ...options });
  }

  async #get(url) {
    return (await this.#call(`${url}${url.includes("?") ? "&" : "?"}offset_unit=utf16`)).json();
  }

  /** Listen to a job to its end; a connection that breaks is taken up behind the last event. */
  async #follow(url, signal) {
    for (let last = "", pause = 1; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_S)) {
      try {
        const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
        const answer = await this.#call(`${url}/events?offset_unit=utf16`, { headers });
        for await (const event of events(answer)) {
          if (event.id) [last, pause] = [event.id, 1];
          if (await this.#hear(event)) return;
        }
      } catch (error) {
        if (signal.aborted || (error instanceof Trouble && !error.passing)) throw error;
        pause = Math.max(pause, error.after ?? 0);
      }
      this.#say(this.#t.resuming);
      await this.#rest(pause);
    }
  }

  /** Wait some seconds, or until the connection is back. */
  #rest(seconds) {
    return new Promise((resolve) => {
      setTimeout(resolve, 1000 * seconds);
      addEventListener("online", resolve, { once: true, signal: this.#stop.signal });
    });
  }

  /** Take in one event of a job; true at its end. */
  async #hear({ id, kind, data }) {
    const told = JSON.parse(data), brief = this.#brief;
    switch (kind) {
      case "stage":
        if (!told.done) Object.assign(brief, this.#nothing());
        this.#stage = told;
        this.#tell("brief-progress", told);
        break;
      case "sentence":
        brief.sentences = [...brief.sentences.filter((each) => each.id !== told.id), told];
        this.#say(this.#t.told(brief.sentences.length));
        break;
      case "agreement":
        brief.agreement = [...brief.agreement.filter((each) => each.text !== told.text), told];
        this.#meet([told]);
        this.#draw();
        break;
      case "withheld":
        brief.withheld.push(told);
        break;
      case "conflict":
        brief.conflicts.push(told);
        break;
      case "headline":
        brief.headline = told;
        break;
      case "done":
        if (!told.sentences) throw new Trouble(410);
        await this.#show(told);
        return true;
      case "cancelled":
        throw new Trouble(499);
      case "error": // without an id it is the listener's trouble, not the job's
        if (id) this.#fail(new Trouble(told.status, told));
        else throw new Trouble(503, told);
        return true;
    }
    this.#render();
    return false;
  }

  #nothing() {
    return { headline: null, sentences: [], conflicts: [], withheld: [], agreement: [] };
  }

  /** Fetch the module that keeps an editor's changes. */
  async #keep() {
    this.#keeper ??= await import("./edits.js").catch(() => null);
  }

  async #show(brief) {
    const { signal } = this.#stop;
    if (this.#keeper || [brief.id, brief.supersedes].some(hasEdits)) await this.#keep();
    if (signal.aborted) return;
    this.#brief = { agreement: [], ...brief };
    if (this.#keeper) [this.#edits, this.#earlier] = this.#keeper.restored(brief);
    this.#held = this.#ready = true;
    this.#meet(this.#brief.agreement);
    this.#render();
    this.#draw();
    this.#say(this.#t.ready(brief.sentences.length));
    this.#tell("brief-ready", { brief });
    if (!brief.supersedes) return;
    const compared = await this.#get(`${this.#base}/v1/briefs/${brief.id}/changes?since=${brief.supersedes}`).catch(() => null);
    if (!compared || signal.aborted) return; // the version before may have expired
    this.#changes = compared.changes;
    this.#render();
  }

  /** Show what went wrong, and try again where that may help. */
  #fail(error) {
    if (!(error instanceof Trouble)) console.error(error);
    const trouble = (this.#trouble = error instanceof Trouble ? error : new Trouble(500, { detail: String(error) }));
    this.#render();
    this.#tell("brief-error", { status: trouble.status, problem: trouble.problem });
    const again = () => this.#trouble === trouble && this.load();
    if (trouble.status === 0) addEventListener("online", again, { once: true, signal: this.#stop.signal });
    if (trouble.status === 429) this.#rest(trouble.after || 5).then(again);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #say(text) {
    this.#status.textContent = text;
  }

  /** Light what belongs to these sentences (ids, separated by spaces), and the part of them that is cited. */
  #light(ids = "", cited = []) {
    const wanted = new Set(ids.split(" "));
    for (const node of this.#cols.querySelectorAll("[data-s]")) {
      node.classList.toggle("lit", node.dataset.s.split(" ").some((id) => id && wanted.has(id)));
    }
    lightParts([...this.#main.querySelectorAll(".lit .words")], cited);
  }

  #focus(key) {
    [...this.#cols.querySelectorAll("[data-key]")].find((node) => node.dataset.key === key)?.focus();
  }

  /** What is read now: the service's sentences, under the editor's changes. */
  #current() {
    return this.#brief.sentences.map((each) => ({ ...each, ...this.#edits.get(each.id) }));
  }

  #noteOf({ article_id, start, end }) {
    return this.#notes.find(({ citation: c }) => c.article_id === article_id && c.start === start && c.end === end);
  }

  /** Number every cited span once: those of the sentences, the headline, then the conflicts. */
  #number(current) {
    this.#notes = [];
    const add = (citations, id) => {
      for (const citation of citations) {
        const note = this.#noteOf(citation);
        if (!note) this.#notes.push({ number: this.#notes.length + 1, citation, ids: id });
        else if (!note.ids.split(" ").includes(id)) note.ids += ` ${id}`;
      }
    };
    for (const each of current) if (!each.dropped) add(each.citations, each.id);
    add(this.#brief.headline?.citations ?? [], "headline");
    this.#brief.conflicts.forEach((each, k) => each.positions.forEach((side, i) => add(side.citations, `c${k}-${i}`)));
  }

  #article(id) {
    if (!this.#articles.has(id)) {
      const asked = this.#get(`${this.#base}/v1/briefs/${this.#brief.id}/articles/${encodeURIComponent(id)}`);
      asked.catch(() => this.#articles.delete(id)); // to be asked for again
      this.#articles.set(id, asked);
    }
    return this.#articles.get(id);
  }

  #date(moment) {
    const region = navigator.languages.find((each) => each.split("-")[0] === this.#t.locale); // its way to write dates
    return moment && new Intl.DateTimeFormat(region ?? this.#t.locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(moment));
  }

  get #bullets() {
    return this.#brief.text.startsWith("• ");
  }

  /** The parts of an export of all sentences, or of one. */
  async #written(current) {
    const t = this.#t, whole = current.length > 1;
    const sentences = current.filter((each) => !each.dropped).map(({ text, citations, own }) => ({
      text, numbers: citations.map((each) => this.#noteOf(each).number), remark: own && t.remark(t[own]),
    }));
    const used = new Set(sentences.flatMap((each) => each.numbers));
    const notes = this.#notes.filter((note) => used.has(note.number)).map(async ({ number, citation }) => {
      const { publisher, title, published_at, url } = await this.#article(citation.article_id).catch(() => ({}));
      return { number, outlet: publisher ?? citation.article_id, title, date: this.#date(published_at), url: linkOf(url), quote: citation.quote };
    });
    return { headline: whole && this.#brief.headline?.text, bullets: whole && this.#bullets, sentences, notes: await Promise.all(notes) };
  }

  async #copy(pressed, format, sentence) {
    const { FORMATS, copy } = await import("./export.js");
    const text = FORMATS[format](await this.#written(sentence ? [sentence] : this.#current()));
    await copy(text, format);
    const label = pressed.textContent;
    pressed.textContent = this.#t.copied;
    setTimeout(() => (pressed.textContent = label), 1500);
    this.#say(this.#t.copied);
    this.#tell(sentence ? "sentence-copied" : "brief-copied", { sentence, format, text });
  }

  async #edit() {
    const editor = this.#editor ? null : await import("./edit.js");
    await this.#keep();
    if (editor) this.#adopt(editor);
    this.#editor = editor;
    this.#write(null);
    this.#focus("edit");
  }

  /** Open the text field for a sentence, or close it and go back to the tools of `before`. */
  #write(id, before) {
    this.#writing = id;
    this.#render();
    this.#focus(id ? "field" : `edit ${before}`);
  }

  /** Lay a change over a sentence, or take it off; an own wording is checked against the articles. */
  async #lay(sentence, edit) {
    const { id } = sentence;
    const put = (changed) => {
      if (changed) this.#edits.set(id, changed);
      else this.#edits.delete(id);
      this.#held = this.#keeper?.keep(this.#brief, this.#edits, this.#earlier);
      this.#render();
      this.#tell("brief-edited", { sentence: this.#current().find((each) => each.id === id) });
    };
    this.#writing = null;
    put(edit);
    this.#focus(`edit ${id}`);
    if (!edit?.text) return;
    const judged = await this.#check(edit).catch((error) => ({ ...edit, own: "unchecked", problems: [error.message || this.#t[error.kind]] }));
    if (this.#edits.get(id) === edit) put(judged);
  }

  #discard() {
    this.#earlier = [];
    for (const each of this.#brief.sentences) if (this.#edits.has(each.id)) this.#lay(each, null);
    this.#keeper.keep(this.#brief, this.#edits, []);
    this.#render();
    this.#focus("edit");
  }

  async #check(edit) {
    const { judged } = this.#editor;
    const used = this.#brief.articles.filter((each) => each.used);
    const articles = await Promise.all(used.map((each) => this.#article(each.id)));
    const json = { text: edit.text, articles, options: { offset_unit: "utf16" } };
    return judged(edit, await (await this.#call(`${this.#base}/v1/checks`, { json })).json());
  }

  /** Draw all but the source pane; the focus stays where it was. */
  #render() {
    const t = this.#t, brief = this.#brief, current = this.#current();
    const focused = this.shadowRoot.activeElement?.dataset.key;
    this.#number(current);
    const shown = current.filter((each) => this.#editor || !each.dropped);
    const texts = shown.flatMap((each, k) => [k ? " " : "", this.#sentence(each)]);
    const language = brief.articles?.find((each) => each.used)?.language;
    const working = !this.#ready && !this.#trouble;
    this.#main.ariaBusy = String(working);
    this.#above.replaceChildren(...h("div", {},
      this.#notices(),
      working && this.#progress(),
      brief.headline && h("h2", { part: "headline", "data-s": "headline", dir: "auto", lang: language },
        brief.headline.text, this.#numbers(brief.headline.citations, "headline")),
      shown.length > 0 && h("div", {
        class: `text ${this.#editor ? "editing" : this.#bullets ? "list" : ""}`, part: "text", dir: "auto", lang: language,
      }, texts),
      this.#ready && [this.#bar(), this.#keeper?.section(t, this.#edits, this.#earlier, this.#held, () => this.#discard())]).childNodes);
    this.#who.hidden = !brief.agreement.length;
    this.#who.firstChild.textContent = t.whoReports;
    this.#below.replaceChildren(...h("div", {},
      this.#conflicts(), this.#changed(), this.#withheld(), this.#coverage()).childNodes);
    this.#list.replaceChildren(h("h3", {}, t.sources), h("ol", {}, this.#notes.map((note) => this.#note(note))));
    this.#aside.hidden = !this.#notes.length;
    this.#cols.classList.toggle("with", !this.#aside.hidden);
    if (focused) this.#focus(focused);
    this.#light(this.#opened?.ids, this.#opened?.cited);
    this.#name();
    if (this.#ready) this.#read([...this.#notes.map(({ citation }) => citation.article_id), ...brief.agreement.flatMap(({ cells }) => cells.map(({ origin }) => origin))]);
  }

  #notices() {
    const t = this.#t, trouble = this.#trouble;
    const { state, retractions = [], superseded_by: later } = this.#brief.status ?? {};
    const notice = (kind, ...content) => h("div", { class: `notice ${kind}`, part: "notice" }, content);
    return [
      trouble && h("div", { role: "alert" }, notice("alarm",
        h("b", {}, t[trouble.kind]),
        h("p", {}, trouble.status === 0 ? t.offlineHint : trouble.message),
        trouble.status === 429 && h("p", {}, t.retryIn(trouble.after || 5)),
        button(t.retry, () => this.load()))),
      retractions.map(({ kind, article_id, reason }) => notice("alarm", `${t.retracted[kind]} (${article_id})${reason ? `: ${reason}` : "."}`)),
      state === "superseded" && notice("", t.superseded, " ", button(t.openLater, () => (this.src = `${this.#base}/v1/briefs/${later.at(-1)}`))),
      (this.#brief.warnings ?? []).map((code) => notice("", t.warnings[code] ?? code)),
    ];
  }

  #progress() {
    const t = this.#t, at = this.#stage;
    const names = Object.keys(t.stages).filter((name) => name !== "fetch" || at?.stage === name);
    const now = names.indexOf(at?.stage);
    const step = (name, k) => h("li", { class: k < now ? "was" : k === now && "is", "aria-current": k === now && "step" }, t.stages[name]);
    return [
      !at && h("p", { class: "meta" }, this.src.includes("/jobs/") ? t.waiting : t.loading),
      h("progress", { "aria-label": t.progress, max: at?.total, value: at?.done }),
      at && h("ol", { class: "stages" }, names.map(step)),
    ];
  }

  #numbers(citations, id) {
    return citations.map((citation) => {
      const { number } = this.#noteOf(citation);
      return Object.assign(button(String(number), () => this.#open(citation, id), {
        class: "n", part: "citation", "data-key": `${id}/${number}`, "data-article": citation.article_id,
        "aria-label": this.#t.source(number, citation.article_id),
      }), { cited: [citation] });
    });
  }

  #badge(text, kind, title) {
    return [" ", h("span", { class: `badge ${kind}`, part: "badge", title }, text)];
  }

  /** What is said after a sentence of who reports it. */
  #mark(id) {
    const row = this.#brief.agreement.find(({ sentence }) => sentence === id);
    return row && mark(row, origins(this.#brief).length > 1, this.#known, this.#t);
  }

  /** Open the table at a sentence. */
  async #visit(id) {
    this.#who.open = true;
    (await this.#draw()).visit(this.#who, id);
  }

  /** Draw who reports what, once it is looked at; the outlets are named when their articles are read. */
  async #draw() {
    const { articles = [], agreement } = this.#brief, known = this.#known;
    if (!this.#who.open || !agreement.length) return;
    const grid = await import("./grid.js");
    if (known !== this.#known) return;
    this.#adopt(grid);
    grid.draw(this.#who, {
      brief: this.#brief, known, language: articles.find((each) => each.used)?.language, t: this.#t, open: (...what) => this.#open(...what),
    });
    if (this.#ready) this.#read(articles.filter((each) => each.used || each.duplicate_of).map((each) => each.id));
    return grid;
  }

  #sentence(each) {
    const t = this.#t, { id, own, citations } = each, editor = this.#editor;
    const acts = { write: (...to) => this.#write(...to), lay: (...change) => this.#lay(...change), copy: (...what) => this.#copy(...what) };
    if (editor && this.#writing === id) return editor.form(each, t, acts);
    if (each.dropped) return editor.dropped(each, t, acts);
    const change = [...(this.#changes?.added ?? []), ...(this.#changes?.changed ?? [])].find(({ after }) => after.id === id);
    const affected = this.#brief.status?.retractions.some(({ sentences }) => sentences.includes(id));
    const said = !own && this.#mark(id);
    const open = () => citations[0] && getSelection().isCollapsed && this.#open(citations[0], id);
    return h("span", { class: "s", part: "sentence", "data-s": id },
      h("span", { class: "words", onclick: open }, each.text), citations.length > 0 && "\u2060", this.#numbers(citations, id),
      said && [" ", button(said.text, () => this.#visit(id), {
        class: `badge ${said.kind}`, part: "badge", title: said.hint, dir: "ltr", lang: t.locale, "data-who": id, "data-key": `who ${id}`,
      })],
      own && [this.#badge(t.own, "fresh"), this.#badge(t[own], { supported: "good", checking: "" }[own] ?? "bad")],
      !own && each.status === "conflicted" && !/loud|moved|warn/.test(said?.kind) && this.#badge(t.disputed, "warn", t.disputedHint),
      !own && change && this.#badge(change.before ? t.changed : t.new, "fresh", t.causes[change.cause]),
      affected && this.#badge(t.affected, "bad"),
      editor?.tools(each, t, acts));
  }

  #bar() {
    const t = this.#t;
    const copies = ["text", "markdown", "html"].map((format) =>
      button(t[format], ({ currentTarget }) => this.#copy(currentTarget, format), { "data-key": format }));
    return h("div", { class: "bar", part: "toolbar", role: "group", "aria-label": t.actions }, copies,
      button(this.#editor ? t.done : t.edit, () => this.#edit(), { "data-key": "edit" }), button(t.print, () => print()));
  }

  #note({ number, citation, ids }) {
    return h("li", { class: "note", part: "source", "data-s": ids },
      h("button", { type: "button", "data-key": `note ${number}`, onclick: () => this.#open(citation, ids.split(" ")[0]) },
        h("b", {}, `${number} `), h("span", { class: "meta", "data-outlet": citation.article_id }, citation.article_id),
        citation.role !== "supports" && this.#badge(role(citation, this.#t), ""),
        h("q", { dir: "auto" }, citation.quote)));
  }

  /** Read articles, so that their outlets can be named. */
  /** Know outlets by their rows before their articles can be read. */
  #meet(rows) {
    for (const { citations: [{ article_id: id }], publisher, published_at } of rows.flatMap(({ cells }) => cells)) {
      if (publisher && !this.#known.has(id)) this.#known.set(id, { publisher, published_at });
    }
  }

  async #read(ids) {
    const known = this.#known, unread = [...new Set(ids)].filter((id) => !known.get(id)?.text);
    await Promise.allSettled(unread.map(async (id) => known.set(id, await this.#article(id))));
    if (known !== this.#known || !unread.some((id) => known.get(id)?.text)) return;
    this.#name();
    this.#draw();
  }

  /** Put outlets in the place of ids, once their articles are read. */
  #name() {
    for (const node of this.#cols.querySelectorAll("[data-outlet], [data-article], [data-who]")) {
      const { outlet, article, who } = node.dataset, { publisher } = this.#known.get(outlet ?? article) ?? {};
      if (who) [node.textContent, node.title] = [this.#mark(who).text, this.#mark(who).hint];
      else if (outlet) node.textContent = publisher ?? outlet;
      else if (publisher) node.ariaLabel = this.#t.source(node.textContent, publisher);
    }
  }

  #conflicts() {
    const t = this.#t;
    const side = ({ text, citations }, id) => h("li", { "data-s": id },
      h("p", { dir: "auto" }, text, this.#numbers(citations, id)),
      [...new Set(citations.map((each) => each.article_id))].map((article) => h("p", { class: "meta", "data-outlet": article }, article)));
    return this.#brief.conflicts.map(({ type, topic, positions }, k) => h("section", { part: "conflict" },
      h("h3", {}, `${t.disagree} (${t.types[type] ?? type}): ${topic}`),
      h("ul", { class: "sides" }, positions.map((each, i) => side(each, `c${k}-${i}`)))));
  }

  #folded(part, title, items) {
    return items.length > 0 && h("details", { part }, h("summary", {}, title), h("ul", {}, items));
  }

  #changed() {
    const t = this.#t, { added = [], changed = [], dropped = [] } = this.#changes ?? {};
    return this.#folded("changes", t.since(this.#brief.version - 1), [...added, ...changed, ...dropped].map(({ before, after, cause }) =>
      h("li", {}, h("b", {}, !before ? t.new : after ? t.changed : t.dropped), ` (${t.causes[cause]}): `, (after ?? before).text,
        before && after && h("p", { class: "meta" }, `${t.before}: `, h("del", {}, before.text)))));
  }

  /** Withheld sentences; failed checks (`name: words; …`) are put in plain words. */
  #withheld() {
    const t = this.#t;
    const reason = (check) => {
      const [name, words] = check.split(": ");
      return t.reasons[name] ? `${t.reasons[name]}${words === "failed" ? "" : `: ${words}`}.` : check;
    };
    const items = this.#brief.withheld.map(({ text, reason: code, detail }) => h("li", {}, h("span", { dir: "auto" }, text),
      h("p", { class: "meta" }, code === "not-supported" ? detail.split("; ").map(reason).join(" ") : detail)));
    return this.#folded("withheld", t.withheld(items.length), items);
  }

  #coverage() {
    const t = this.#t, { coverage, articles, version } = this.#brief;
    if (!coverage) return null;
    const told = (code) => (code.startsWith("fetch-failed:") ? `${t.fetchFailed} (${code.slice(13)})` : t.warnings[code] ?? code);
    const lines = articles.filter((each) => !each.used || each.duplicate_of || each.warnings.length).map(({ id, used, duplicate_of, warnings }) =>
      h("li", {}, h("b", {}, id), duplicate_of && ` ${t.duplicate} ${duplicate_of}`, !used && ` ${t.unused}`, warnings.length > 0 && `: ${warnings.map(told).join(", ")}`));
    const title = (version > 1 ? `${t.version(version)} · ` : "") + t.coverage(coverage);
    return this.#folded("coverage", title, lines) || h("p", { class: "meta coverage", part: "coverage" }, title);
  }

  #adopt({ STYLE }) {
    this.shadowRoot.adoptedStyleSheets = [...new Set([...this.shadowRoot.adoptedStyleSheets, STYLE])];
  }

  /** Open the source of a citation, scrolled to its very characters; `row` are the text and the citations of its row in the table. */
  async #open(citation, ids, row) {
    const note = this.#noteOf(citation), t = this.#t;
    const key = this.#opened?.key ?? this.shadowRoot.activeElement?.dataset.key ?? `${ids}/${note?.number}`;
    const opened = (this.#opened = { ids, key, cited: [citation] });
    const source = await import("./source.js"), { frame, show } = source;
    this.#adopt(source);
    const beside = row?.cited ?? this.#notes.filter((each) => each.ids.split(" ").includes(ids)).map((each) => each.citation);
    const view = frame(this.#pane, t, {
      citation: row ? citation : beside.find((each) => this.#noteOf(each) === note) ?? citation, number: note?.number, cited: beside,
      claim: row?.text ?? this.#current().find(({ id }) => id === ids)?.text,
      step: (to) => this.#open(to, ids, row), date: (moment) => this.#date(moment),
    });
    if (!this.#pane.open) {
      if (getComputedStyle(this.#aside).position === "sticky") this.#pane.show();
      else this.#pane.showModal();
    }
    const article = this.#ready && (await this.#article(citation.article_id).catch((error) => ({ error })));
    if (this.#opened !== opened) return;
    if (!article || article.error) {
      view.text.append(h("mark", { class: "active" }, citation.quote), h("p", { role: "alert" }, article ? `${t.noArticle}. ${article.error.message}` : t.later));
      return;
    }
    const ranges = this.#notes.filter((each) => each.citation.article_id === citation.article_id).map((each) => ({ ...each.citation, ids: each.ids }));
    const { masked = [] } = this.#brief.articles?.find(({ id }) => id === citation.article_id) ?? {};
    ranges.push(...masked.map(({ start, end, reason }) => ({ start, end, masked: reason })));
    show(view, t, article, citation, ranges, ids);
    this.#light(ids, opened.cited);
    this.#tell("citation-open", { citation, article });
  }

  #closed() {
    const key = this.#opened?.key;
    this.#opened = null;
    this.#light();
    this.#focus(key);
  }
}

customElements.define("news-brief", NewsBrief);
