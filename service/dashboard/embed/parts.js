/** The words of a sentence that a citation supports, and figures that moved. Offsets are UTF-16. */

const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });
const FIGURE = /\p{Sc}?\p{Nd}+(?:[.,:'’\u00a0\u202f]\p{Nd}+)*(?:\s?%)?/gu;
const AFTER = /^(?:[\s\u00a0]+[\p{L}\p{M}\p{Nd}'’-]+){0,2}/u;

const STEM = 5; // letters that forms of one word share ("reopened", "reopens") …
const ENDING = 3; // … and those that they may differ in
const SHORT = 3; // letters of words that carry a run on but make none: "of", "the", "der"
const NAME = "news-brief-part"; // of the highlight; the registry is the document's

/** A word without what varies in print: case, and how its marks are encoded. */
const plain = (word) => word.normalize("NFKC").toLowerCase();

function words(text) {
  return [...WORDS.segment(text)].filter((each) => each.isWordLike)
    .map(({ segment, index }) => ({ start: index, end: index + segment.length, word: segment, plain: plain(segment) }));
}

/** Whether a word says something by itself: not a short one in small letters, or that begins the sentence. */
function tells({ word, plain: folded }, first) {
  if (/\p{Nd}/u.test(word)) return true;
  const letters = word.match(/\p{L}/gu)?.length ?? 0;
  const cased = folded !== folded.toUpperCase();
  if (!cased) return letters > 1 || /\p{Script=Han}/u.test(word);
  return letters > SHORT || (!first && letters > 1 && /^\p{Lu}/u.test(word));
}

function akin(a, b) {
  if (a === b) return true;
  if (/\p{Nd}/u.test(a + b)) return false;
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared += 1;
  return shared >= STEM && Math.max(a.length, b.length) - shared <= ENDING;
}

/** The text of a citation that bears the sentence: its highlights, or all that it quotes. */
export function bearing({ quote, start, highlights }) {
  return highlights.length ? highlights.map((each) => quote.slice(each.start - start, each.end - start)).join("\n") : quote;
}

/** The runs `{ start, end }` of a sentence's words that stand in `evidence` too.
 *
 * A run begins and ends with a word that tells something; short words carry it on.
 * runs("The old bridge reopened.", "the bridge reopens at dawn") → [{ start: 8, end: 23 }]
 */
export function runs(sentence, evidence) {
  const held = words(evidence).map((each) => each.plain), sure = new Set(held);
  const found = [];
  let run = null; // of words that stand in the evidence, up to the last that tells something
  for (const [k, each] of words(sentence).entries()) {
    const stands = sure.has(each.plain) || held.some((other) => akin(each.plain, other));
    if (!stands) run = null;
    else if (tells(each, k === 0)) {
      if (!run) found.push(run = { start: each.start, end: each.end });
      run.end = each.end;
    }
  }
  return found;
}

/** Light those runs in nodes that hold one text each; nothing where the whole sentence is supported. */
export function lightParts(nodes, cited) {
  const parts = cited.filter(({ extent }) => extent === "part");
  if (!globalThis.Highlight) return;
  const ranges = parts.length ? nodes.flatMap(({ firstChild: text }) =>
    runs(text.data, parts.map(bearing).join("\n")).map(({ start, end }) =>
      new StaticRange({ startContainer: text, startOffset: start, endContainer: text, endOffset: end }))) : [];
  CSS.highlights.set(NAME, new Highlight(...ranges));
}

/** The first figure of a text that none of the others gives, with up to two words behind it, or null.
 *
 * figure("They counted 12 broken cables.", ["They counted 14."]) → "12 broken cables"
 */
export function figure(text, others) {
  const known = new Set(others.flatMap((each) => each.match(FIGURE) ?? []));
  for (const each of text.matchAll(FIGURE)) {
    if (known.has(each[0])) continue;
    const behind = AFTER.exec(text.slice(each.index + each[0].length))[0];
    const last = words(behind).findLast((word) => tells(word)); // "12 people on" is "12 people"
    return each[0] + behind.slice(0, last?.end ?? 0);
  }
  return null;
}
