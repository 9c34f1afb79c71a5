/** The page's language: that of `?lang=`, the one chosen before, else the first of the browser's that is spoken here. */

import labels from "../embed/words.js";
import english from "./words.js";
import { read, write } from "./storage.js";

const OTHERS = { de: () => Promise.all([import("./words.de.js"), import("../embed/words.de.js")]) };
const KEY = "newsbrief.language";

/** The words as they are said now; `labels` are those that the component says too. */
export let t = { ...english, labels };

export function wanted() {
  const asked = [new URLSearchParams(location.search).get("lang"), read("localStorage", KEY), ...navigator.languages];
  return asked.map((each) => each?.split("-")[0].toLowerCase()).find((each) => each === "en" || each in OTHERS) ?? "en";
}

/** Say everything in a language from now on; English where its words can't be had. */
export async function speak(language) {
  const words = await OTHERS[language]?.().catch(() => null);
  const [own, its] = words ?? [];
  document.documentElement.lang = words ? language : "en";
  t = { ...english, ...own?.default, labels: { ...labels, ...its?.default } };
  const put = (name, change) => document.querySelectorAll(`[data-${name}]`).forEach((node) => change(node, t[node.getAttribute(`data-${name}`)]));
  put("t", (node, text) => (node.textContent = text));
  put("t-label", (node, text) => (node.ariaLabel = text));
  put("t-hint", (node, text) => (node.placeholder = text));
}

/** Remember what was chosen; an address that says otherwise would win at the next visit. */
export function choose(language) {
  write("localStorage", KEY, language);
  const url = new URL(location.href);
  url.searchParams.delete("lang");
  history.replaceState(null, "", url);
  return speak(language);
}

/** A number as the reader's region writes it. */
export function number(value) {
  const { lang } = document.documentElement;
  return value.toLocaleString(navigator.languages.find((each) => each.split("-")[0] === lang) ?? lang);
}
