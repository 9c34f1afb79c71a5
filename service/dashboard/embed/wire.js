/** Calls to the service: keys, problem documents, server-sent events. */

const KINDS = { 0: "offline", 401: "badKey", 403: "badKey", 404: "gone", 410: "gone", 429: "limited", 499: "cancelled" };

/** What a call came to instead of an answer: `status` 0 is no connection; `after` is in seconds. */
export class Trouble extends Error {
  constructor(status, problem = {}, after = 0) {
    super(problem.detail || problem.title || "");
    Object.assign(this, { status, problem, after, kind: KINDS[status] ?? "failed" });
  }

  /** Whether the same call may succeed later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** `fetch` with the caller's key and `json` as body; what is not an answer is thrown as `Trouble`. */
export async function call(url, { token, json, headers, ...rest } = {}) {
  const key = await token?.();
  const request = {
    credentials: "omit",
    cache: "no-cache",
    ...rest,
    ...(json && { method: "POST", body: JSON.stringify(json) }),
    headers: {
      ...(key && { Authorization: `Bearer ${key}` }),
      ...(json && { "Content-Type": "application/json" }),
      ...headers,
    },
  };
  const answer = await fetch(url, request).catch((error) => {
    throw error.name === "AbortError" ? error : new Trouble(0);
  });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Trouble(answer.status, problem, Number(answer.headers.get("Retry-After")) || 0);
}

/** The server-sent events of an answer: `{ id, kind, data }`, the data as text. */
export async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", id = "", kind = "", data = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const text = rest + value;
    const held = text.endsWith("\r") ? "\r" : ""; // its \n may come with the next chunk
    const lines = text.slice(0, text.length - held.length).split(/\r\n|\r|\n/);
    rest = lines.pop() + held;
    for (const line of lines) {
      const [, field, content] = /^([^:]*):? ?(.*)$/.exec(line);
      if (field === "data") data.push(content);
      else if (field === "id") id = content;
      else if (field === "event") kind = content;
      else if (!line) {
        if (data.length) yield { id, kind, data: data.join("\n") };
        [id, kind, data] = ["", "", []];
      }
    }
  }
}
