/** Who reports what, in words: the outlets of a brief, and the mark after a sentence. */

const reprinted = (id) => (each) => each.origin === id && each.id !== id && (each.used || each.duplicate_of);
const time = (known, id) => Date.parse(known.get(id)?.published_at) || 0;
const name = (known, id) => known.get(id)?.publisher ?? id;

/** The ids of the independent origins; while a brief grows, of those that its rows have named. */
export function origins({ articles = [], agreement = [] }) {
  const used = articles.filter((each) => each.used).map((each) => each.origin);
  return [...new Set([...used, ...agreement.flatMap(({ cells }) => cells.map((cell) => cell.origin))])];
}

/** The origins as `{ id, name, title, at, reprints }`, newest report first; `known` are articles by id. */
export function outlets(brief, known) {
  return origins(brief).map((id) => {
    const { title, published_at } = known.get(id) ?? {};
    const reprints = (brief.articles ?? []).filter(reprinted(id)).map((each) => name(known, each.id));
    return { id, name: name(known, id), title, at: published_at, reprints };
  }).sort((a, b) => time(known, b.id) - time(known, a.id));
}

/** How a cell stands to its row: its stance, or "newer" and "earlier" of a figure that moved on. */
export function standing(cell, { cells }, known) {
  if (cell.dispute !== "superseded") return cell.stance;
  const told = cells.filter(({ stance }) => stance !== "disputes").map(({ origin }) => time(known, origin));
  return time(known, cell.origin) > Math.max(0, ...told) ? "newer" : "earlier";
}

/** What stands after a sentence: `{ kind, text, hint }`, or null where there is nothing to say.
 *
 * Where all articles tell one report (`several` is false) that only one has it says nothing.
 */
export function mark(row, several, known, t) {
  const by = { reports: [], part: [], disputes: [], newer: [], earlier: [] };
  for (const cell of row.cells) by[standing(cell, row, known)].push(name(known, cell.origin));
  const { reports, part, disputes, newer, earlier } = by;
  const hint = Object.keys(by).filter((kind) => by[kind].length).map((kind) => `${t.stances[kind]}: ${by[kind].join(", ")}`).join(" · ");
  if (disputes.length) return { kind: "loud", text: t.disputedBy(disputes), hint };
  if (newer.length) return { kind: "warn", text: t.newer(newer), hint };
  if (earlier.length) return { kind: "moved", text: t.earlier(earlier), hint };
  if (reports.length + part.length > 1) return { kind: "good", text: t.outlets(reports.length, part.length), hint };
  const [only] = [...reports, ...part];
  return several && only ? { kind: "single", text: t.only(only), hint: t.onlyHint(only) } : null;
}
