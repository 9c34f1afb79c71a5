/** An editor's changes of briefs, kept in this browser by the brief's id, and carried over to later versions. */

import { button, h } from "./element.js";

const PREFIX = "newsbrief.edits.";
const MOST = 50; // briefs whose changes are kept, the latest

const memory = new Map(); // what storage refuses: it outlives a reading anew, not the page

function read(id) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + id)) ?? memory.get(id);
  } catch {
    return memory.get(id);
  }
}

/** Whether it outlives the page. */
function write(id, record) {
  memory.set(id, record);
  try {
    localStorage.removeItem(PREFIX + id);
    if (!record) return true;
    localStorage.setItem(PREFIX + id, JSON.stringify(record));
    prune();
    return true;
  } catch {
    return false;
  }
}

function prune() {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  if (names.length <= MOST) return;
  const at = (name) => JSON.parse(localStorage.getItem(name)).at;
  for (const name of names.sort((a, b) => at(b) - at(a)).slice(MOST)) localStorage.removeItem(name);
}

const hashes = ({ articles }) => Object.fromEntries(articles.map(({ id, text_sha256 }) => [id, text_sha256]));

/** The changes of a brief: sentence id → edit, and those of earlier versions that fit none of its sentences, as `{ text, edit }`. */
export function restored(brief) {
  const own = read(brief.id);
  if (own) return [new Map(own.edits.map(({ id, edit }) => [id, settled(edit)])), own.earlier];
  const before = read(brief.supersedes), edits = new Map(), earlier = [];
  if (!before) return [edits, earlier];
  const now = hashes(brief);
  for (const { text, edit } of [...before.edits, ...before.earlier]) {
    const same = brief.sentences.find((each) => each.text === text && !edits.has(each.id));
    if (same) edits.set(same.id, settled(edit, ({ article_id: id }) => now[id] === before.hashes[id]));
    else earlier.push({ text, edit });
  }
  keep(brief, edits, earlier);
  return [edits, earlier];
}

/** An edit as it stands when it is read again: a verdict counts if it was told, and on articles that are the same. */
function settled(edit, stands = () => true) {
  if (edit.dropped || (edit.own !== "checking" && [...edit.citations, ...(edit.nearest ?? [])].every(stands))) return edit;
  return { text: edit.text, own: "unchecked", citations: [], origins: 0 };
}

/** Keep the changes as they are; whether they outlive the page. */
export function keep(brief, edits, earlier) {
  const changed = brief.sentences.filter(({ id }) => edits.has(id)).map(({ id, text }) => ({ id, text, edit: edits.get(id) }));
  const bare = !changed.length && !earlier.length && !brief.supersedes; // an empty record says: nothing to carry over any more
  return write(brief.id, bare ? null : { at: Date.now(), hashes: hashes(brief), edits: changed, earlier });
}

/** What is told of the changes below the text. */
export function section(t, edits, earlier, held, discard) {
  const sure = () => confirm(t.discardAsk) && discard();
  return [
    edits.size + earlier.length > 0 && h("p", { class: "meta coverage", part: "kept" }, held ? t.keptEdits(edits.size + earlier.length) : t.unkept, " ", button(t.discard, sure)),
    earlier.length > 0 && h("details", { part: "earlier" }, h("summary", {}, t.earlierWording), h("ul", {}, earlier.map(({ text, edit }) =>
      h("li", {}, h("span", { dir: "auto" }, edit.text ?? t.dropped), h("p", { class: "meta" }, `${t.before}: `, h("del", { dir: "auto" }, text)))))),
  ];
}
