/** The sentences of a draft, and where they stand while it is edited.
 *
 * A row is `{ from, text, start, end, judged }`: where the sentence began in the draft that was
 * sent and how it read there, where it stands in the draft as it is now, and the verdict once told.
 */

/** Spans of the draft that was sent → rows. */
export function rowsOf(spans, sent) {
  return spans.map(({ start, end }) => ({ from: start, text: sent.slice(start, end), start, end, judged: null }));
}

/** Where the two texts differ, up to the caret: `[at, until)` of the one became `size` characters of the other. */
function difference(before, after, caret) {
  const most = Math.min(before.length, after.length);
  let at = 0, behind = 0;
  while (behind < Math.min(most, after.length - caret) && before.at(-1 - behind) === after.at(-1 - behind)) behind += 1;
  while (at < most - behind && before[at] === after[at]) at += 1;
  return { at, until: before.length - behind, size: after.length - behind - at };
}

/** Rows of the draft `before` → where they stand in `after`.
 *
 * What is written within a sentence is its own; what is written at its end only where it is being
 * edited: who takes its full stop away and puts another there still writes the same sentence. The
 * `caret` stands behind what was written; without it, where letters repeat, it might have been either.
 */
export function edited(rows, before, after, caret = 0) {
  if (before === after) return rows;
  const { at, until, size } = difference(before, after, caret);
  const shift = size - (until - at);
  const within = ({ start, end }) => (start < at || (start === at && at < until)) && at < end;
  const growing = ({ start, end, text }) => at === until && end === at && before.slice(start, end) !== text;
  const taker = rows.some(within) ? rows.findIndex(within) : rows.findIndex(growing);
  return rows.map((row, k) => {
    const { start, end } = row, behind = taker >= 0 && k > taker;
    if (k !== taker && !behind && end <= at) return row;
    if (k !== taker && start >= until) return { ...row, start: start + shift, end: end + shift };
    return { ...row, start: k === taker ? start : at + size, end: end >= until ? end + shift : at + size };
  });
}

/** What became of row `k`: the status of its verdict, `waiting` for one, or `repaired`, `borrowed` (a source's own
 * sentence), `removed` or `edited` since, which it is too where what stands around it now belongs to it. */
export function became(rows, k, draft, sent) {
  const { start, end, from, text, judged } = rows[k], before = rows[k - 1], now = draft.slice(start, end);
  if (!now.trim()) return "removed";
  const gap = draft.slice(before?.end ?? 0, start), gapThen = sent.slice(before ? before.from + before.text.length : 0, from);
  const joined = gap !== gapThen && /\S/.test(gap) && !/(\p{Sentence_Terminal}["'\u2019\u201d\u00bb)\]]*\s+|\n\s*)$/u.test(gap);
  const next = draft[end] ?? " ", grown = /\S/.test(next) && next !== sent[from + text.length];
  if (joined || grown) return "edited";
  if (now === text) return judged?.status ?? "waiting";
  if (now === judged?.repair) return "repaired";
  return judged?.nearest.some(({ quote }) => quote === now) ? "borrowed" : "edited";
}

/** Two wordings → what they share before, what each has alone, and what they share behind, cut between words. */
export function compared(before, after) {
  const [a, b] = [before, after].map((text) => text.split(/(?<=\s)|(?=\s)/));
  let head = 0, tail = 0;
  while (head < Math.min(a.length, b.length) && a[head] === b[head]) head += 1;
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const middle = (words) => words.slice(head, words.length - tail).join("");
  return { head: a.slice(0, head).join(""), without: middle(a), with: middle(b), tail: a.slice(a.length - tail).join("") };
}
