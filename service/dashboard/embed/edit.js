/** Editing a sentence: its tools, its text field, and the check of what an editor wrote. */

import { button, h, sheet } from "./element.js";

export const STYLE = sheet(`
.editing .s { display: block; list-style: none; border-inline-start: 3px solid var(--_line); padding: .25rem .75rem; margin: 0 0 .9rem }
.tools { margin-top: .3rem }
.why { font: .85rem/1.5 var(--_ui); color: var(--_soft) }
textarea {
  width: 100%; min-height: 6rem; font: inherit; color: inherit; background: var(--_paper);
  border: 1px solid var(--_soft); border-radius: .4rem; padding: .5rem;
}`);

const WORST_FIRST = ["unsupported", "partial", "conflicted", "supported"];

/** What stands below a sentence while the brief is edited. */
export function tools(sentence, t, { write, lay, copy }) {
  const { id, own, nearest = [] } = sentence;
  return [
    why(sentence, t).map((each) => h("p", { class: "why" }, each)),
    nearest.map((each) => h("p", { class: "why" }, `${t.role[each.role]}:`, h("q", { dir: "auto" }, each.quote))),
    h("span", { class: "tools" },
      button(t.edit, () => write(id), { "data-key": `edit ${id}` }),
      button(t.drop, () => lay(sentence, { dropped: true })),
      own && button(t.undo, () => lay(sentence, null)),
      button(t.copy, ({ currentTarget }) => copy(currentTarget, "text", sentence))),
  ];
}

/** What fails: the service's English, or the failed checks where every one has words in the reader's language. */
function why({ own, checks = [], problems = [] }, t) {
  const failed = checks.filter(({ name, passed }) => own && !passed && t.reasons[name]);
  if (t.locale === "en" || failed.length < problems.length) return problems;
  return failed.map(({ name, failed: words }) => `${t.reasons[name]}${words.length ? `: ${words.join(", ")}` : ""}.`);
}

/** A dropped sentence, with the way back. */
export function dropped(sentence, t, { lay }) {
  return h("span", { class: "s" }, h("del", {}, sentence.text), " ", h("span", { class: "badge", part: "badge" }, t.dropped),
    h("span", { class: "tools" }, button(t.restore, () => lay(sentence, null), { "data-key": `edit ${sentence.id}` })));
}

/** The text field for a sentence. */
export function form(sentence, t, { write, lay }) {
  const field = h("textarea", { "aria-label": t.yours, "data-key": "field", dir: "auto" });
  field.value = sentence.text;
  const save = () => {
    const text = field.value.trim();
    if (!text || text === sentence.text) return write(null, sentence.id);
    lay(sentence, { text, own: "checking", citations: [], origins: 0 });
  };
  return h("span", { class: "s" }, field, h("span", { class: "tools" },
    button(t.save, save), button(t.cancel, () => write(null, sentence.id))));
}

/** An answer of the checks API → the edit with its verdict, the worst of its sentences'. */
export function judged(edit, { sentences }) {
  const all = (name) => sentences.flatMap((each) => each[name]);
  return {
    ...edit,
    own: WORST_FIRST.find((status) => sentences.some((each) => each.status === status)) ?? "unsupported",
    origins: sentences.length ? Math.min(...sentences.map((each) => each.origins)) : 0,
    citations: all("citations"),
    nearest: all("nearest"),
    problems: all("problems"),
    checks: all("checks"),
  };
}
