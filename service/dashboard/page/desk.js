/** What lies on the desk (articles, draft, verdicts), kept in the browser over reloads and closed tabs.
 *
 * A tab finds its own desk again; a new tab finds the one that was written last.
 */

import { read, write } from "./storage.js";

const LATER_MS = 250; // keystrokes that are written together
const name = (piece) => `newsbrief.desk.${piece}`;

let waiting = {}; // piece → what is to be written
let timer;

/** A piece as it was kept; null where there is none, or none that can be read. */
export function kept(piece) {
  for (const area of ["sessionStorage", "localStorage"]) {
    try {
      const found = JSON.parse(read(area, name(piece)));
      if (found !== null) return found;
    } catch {
      // of another release, or cut off: as if it were not there
    }
  }
  return null;
}

/** Keep a piece soon; null forgets it. `told(kept)` is called with whether all of them are held. */
export function keep(piece, value, told) {
  waiting[piece] = value;
  clearTimeout(timer);
  timer = setTimeout(() => flush(told), LATER_MS);
  keep.flush = () => flush(told);
}

function flush(told) {
  clearTimeout(timer);
  const pieces = waiting;
  waiting = {};
  for (const [piece, value] of Object.entries(pieces)) {
    const text = value === null ? null : JSON.stringify(value);
    write("sessionStorage", name(piece), text);
    lost[write("localStorage", name(piece), text) ? "delete" : "add"](piece);
  }
  told([...lost]);
}

const lost = new Set(); // pieces that the browser could not hold

for (const leaving of ["pagehide", "visibilitychange"]) addEventListener(leaving, () => keep.flush?.());
