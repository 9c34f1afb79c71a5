/** A job's events, to their end, over connections that break. */

import { Trouble, call, events } from "../embed/wire.js";

const LONGEST_PAUSE_S = 15;

/** Gives `{ kind, told }`, the last `done`. Throws `Trouble`: the job's, or one that trying again won't mend. */
export async function* follow(url, { token, signal, resuming }) {
  for (let last = "", pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_S)) {
    try {
      const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const answer = await call(`${url}/events?offset_unit=utf16`, { token, signal, headers });
      for await (const { id, kind, data } of events(answer)) {
        const told = JSON.parse(data);
        if (kind === "cancelled") throw new Trouble(499);
        if (kind === "error") throw Object.assign(new Trouble(id ? told.status : 503, told), { final: Boolean(id) });
        if (id) [last, pause] = [id, 1];
        yield { kind, told };
        if (kind === "done") return;
      }
    } catch (error) {
      if (signal.aborted || error.final || !(error instanceof Trouble ? error.passing : error instanceof TypeError)) throw error;
      pause = Math.max(pause, error.after ?? 0);
    }
    resuming();
    await new Promise((resolve) => {
      setTimeout(resolve, 1000 * pause);
      for (const [target, kind] of [[window, "online"], [signal, "abort"]]) target.addEventListener(kind, resolve, { once: true });
    });
    signal.throwIfAborted();
  }
}
