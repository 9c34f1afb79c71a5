/** The source pane: one article, scrolled to the very characters that a sentence cites. */

import { button, h, linkOf, role, sheet } from "./element.js";
import { bearing, runs } from "./parts.js";

export const STYLE = sheet(`
dialog { color: inherit; background: var(--_paper); border: 1px solid var(--_line); padding: 0; flex-direction: column }
dialog[open] { display: flex } dialog::backdrop { background: #0008 }
dialog:modal { margin: auto 0 0; width: 100%; max-width: 100%; height: 80dvh; max-height: 80dvh; border-radius: .9rem .9rem 0 0 }
dialog:not(:modal) { position: static; width: auto; margin: 0; border-radius: .6rem; max-height: calc(100vh - 2rem) }
.head { padding: .8rem 1rem .6rem; border-bottom: 1px solid var(--_line) }
.head h3 { margin: .5rem 0 .2rem; font-size: 1.05rem; overflow-wrap: anywhere }
.close { margin-inline-start: auto }
.article {
  position: relative; overflow: auto; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere;
  unicode-bidi: plaintext; text-align: start; font: 1rem/1.65 var(--_font); color: var(--_soft);
}
mark { color: var(--_ink); background: none; border-bottom: 2px dotted var(--_soft) }
mark.lit, mark.active { background: var(--_mark) } mark.part { background: var(--_part) }
mark.active { border-bottom: 2px solid var(--_warn) }
.claim { font: 1rem/1.5 var(--_font); margin: .7rem 0; padding-bottom: .6rem; border-bottom: 1px solid var(--_line); max-height: 6em; overflow: auto } .claim mark { background: var(--_part); border: 0 }
.masked { font-style: italic; text-decoration: underline dotted 1px }
@media (forced-colors: active) { mark.active { outline: 2px solid Highlight } }`);

/** Cut `[0, length)` at the ends of all ranges: pieces, each with the ranges that cover it. */
export function pieces(length, ranges) {
  const ends = ranges.flatMap(({ start, end }) => [start, end]);
  const cuts = [...new Set([0, length, ...ends])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, k) => {
    const start = cuts[k];
    return { start, end, ranges: ranges.filter((each) => each.start <= start && end <= each.end) };
  });
}

/** A sentence with the words marked that a citation of a part of it supports. */
function partly(claim, citation) {
  const parts = citation.extent === "part" ? runs(claim, bearing(citation)) : [];
  return pieces(claim.length, parts).map(({ start, end, ranges }) => {
    const words = claim.slice(start, end);
    return ranges.length ? h("mark", {}, words) : words;
  });
}

/** Fill the pane's dialog.
 *
 * `citation` is what is opened, `number` its number if it has one, `ids` the sentences it is lit
 * with, `claim` the sentence that is cited for, if it is one, `cited` the citations to step through,
 * `step` opens one of them. Gives the head's title, the line below it and the scrolling text, for `show`.
 */
export function frame(dialog, t, { citation, number, claim, cited, step, date }) {
  const place = cited.indexOf(citation);
  const to = (label, k) => cited.length > 1 && button(label, () => step(cited.at(k % cited.length)));
  const title = h("h3", { id: "title" }, citation.article_id);
  const meta = h("p", { class: "meta" });
  const text = h("div", { class: "article", part: "article", role: "region", tabindex: 0, "aria-label": t.article });
  dialog.replaceChildren(
    h("div", { class: "head" },
      h("div", { class: "tools" },
        to(t.previous, place - 1), to(t.next, place + 1),
        button(t.close, () => dialog.close(), { class: "close", autofocus: true })),
      claim && h("p", { class: "claim", dir: "auto", part: "claim" }, partly(claim, citation)), title, meta,
      h("p", { class: "meta" }, number && `[${number}] `, role(citation, t),
        h("span", { class: "sr" }, `. ${t.cited}: ${citation.quote}`))),
    text);
  return { title, meta, text, date };
}

/** Put the article into the pane: every span in `ranges` marked, what was not read (`masked`) set off, `citation` in view. */
export function show({ title, meta, text, date }, t, article, citation, ranges, ids) {
  title.textContent = article.title ?? article.publisher ?? citation.article_id;
  const link = linkOf(article.url);
  meta.append(
    [article.publisher, article.author, date(article.published_at)].filter(Boolean).join(" · "),
    link ? " · " : "",
    link ? h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, t.original) : "");
  if (article.text.slice(citation.start, citation.end) !== citation.quote) {
    text.append(h("p", { role: "alert" }, t.moved));
  }
  if (article.language) text.lang = article.language;
  const parts = citation.highlights.length ? citation.highlights : [citation];
  const all = [
    ...ranges,
    { start: citation.start, end: citation.end, ids, active: true },
    ...parts.map(({ start, end }) => ({ start, end, part: true })),
  ];
  for (const { start, end, ranges: covering } of pieces(article.text.length, all)) {
    const words = article.text.slice(start, end);
    const kinds = ["active", "part"].filter((kind) => covering.some((each) => each[kind]));
    const lit = covering.map((each) => each.ids ?? "").join(" ");
    const masked = covering.find((each) => each.masked)?.masked;
    const cited = covering.some((each) => !each.masked);
    text.append(
      cited ? h("mark", { class: kinds.join(" "), part: "mark", "data-s": lit }, words)
        : masked ? h("span", { class: "masked", part: "masked", title: `${t.masked}: ${t.maskedAs[masked]}` }, words) : words);
  }
  text.scrollTop = text.querySelector(".active").offsetTop - text.clientHeight / 3;
}
