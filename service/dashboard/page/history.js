/** Which briefs were read in this browser: ids and headlines, the latest first, nothing else. */

import { read, write } from "./storage.js";

const KEY = "newsbrief.history", MOST = 30;

export function all() {
  return JSON.parse(read("localStorage", KEY) ?? "[]");
}

function put(entries) {
  write("localStorage", KEY, JSON.stringify(entries.slice(0, MOST)));
}

export function keep({ id, headline }) {
  put([{ id, headline }, ...all().filter((each) => each.id !== id)]);
}

export function drop(id) {
  put(all().filter((each) => each.id !== id));
}

export function clear() {
  put([]);
}
