/** What went wrong, as the reader is told, and what is tried again once it may work. */

import { button, h } from "../embed/element.js";
import { Trouble } from "../embed/wire.js";
import { t } from "./language.js";

const awaited = new Set(); // what the connection's return, or a key, tries again

/** Try again what waits for it. */
export function retry() {
  const all = [...awaited];
  awaited.clear();
  for (const each of all) each();
}

/** A notice for an error, with a way to try again. */
export function explained(error, again) {
  if (!(error instanceof Trouble)) {
    console.error(error);
    return explained(new Trouble(500, { detail: String(error) }), again);
  }
  const { status, kind, problem, after } = error;
  if (status === 401) askForKey();
  if (status === 0 || status === 401) awaited.add(again);
  const left = h("span");
  if (status === 429) countdown(left, after || 5, again);
  const english = { lang: "en", dir: "auto" }; // the service's own words
  return h("div", { class: `notice${error.passing || kind === "cancelled" ? " wait" : ""}`, role: "alert" },
    t.troubles[kind] || !problem.title ? h("h2", {}, t.troubles[kind] ?? t.failed) : h("h2", english, problem.title),
    status === 0 ? h("p", {}, t.unreachable) : kind === "cancelled" ? h("p", {}, t.stoppedText) : h("p", english, error.message),
    problem.errors?.length > 1 && h("ul", english, problem.errors.map(({ path, message }) => h("li", {}, h("code", {}, path), ` ${message}`))),
    status === 429 && h("p", { "aria-live": "off" }, t.againIn, left),
    button(t.again, () => {
      awaited.delete(again);
      again();
    }));
}

export function notice(title, text) {
  return h("div", { class: "notice wait", role: "alert" }, title && h("h2", {}, title), h("p", {}, text));
}

function countdown(node, seconds, then) {
  node.textContent = t.seconds(seconds);
  setTimeout(() => {
    if (!node.isConnected) return;
    if (seconds > 1) countdown(node, seconds - 1, then);
    else then();
  }, 1000);
}

export function askForKey() {
  document.getElementById("access").open = true;
  document.getElementById("key").focus();
}
