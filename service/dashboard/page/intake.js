/** What is pasted or dropped → articles as POST /v1/briefs takes them, and the request itself. */

/** A name without what addresses can't hold. */
function slug(text) {
  const made = text.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
  return made.slice(0, 40) || "article";
}

/** URLs one a line are addresses to fetch; anything else is one article, its first line the title. */
export function fromText(text) {
  const lines = text.trim().split(/\s*\n\s*/).filter(Boolean);
  if (!lines.length) return [];
  if (lines.every((line) => /^https?:\/\/\S+$/i.test(line) && URL.canParse(line))) {
    return lines.map((url) => ({ id: slug(new URL(url).hostname.replace(/^www\./, "")), url }));
  }
  if (/^<(!doctype|html|head|body|article|main)\b/i.test(lines[0])) return [{ id: "pasted-page", html: text }];
  const titled = lines.length > 1 && lines[0].length <= 140;
  return [{ id: slug(lines[0]), ...(titled && { title: lines[0] }), text }];
}

/** A file's articles: text, a page, or JSON as the API takes it. Rejects what it can't read. */
export async function fromFile(file) {
  const [, stem, suffix] = /^(.*)\.(txt|md|html?|json)$/i.exec(file.name) ?? [];
  if (!suffix) throw new Error(file.name);
  const content = await file.text();
  if (/^json$/i.test(suffix)) {
    const held = JSON.parse(content);
    return (Array.isArray(held) ? held : held.articles).map((each, k) => ({ id: `${slug(stem)}-${k + 1}`, ...each }));
  }
  return [{ id: slug(stem), ...(/^htm/i.test(suffix) ? { html: content } : { ...fromText(content)[0], id: slug(stem) }) }];
}

/** The body of a request; offsets in UTF-16, as strings have in a browser. */
export function requestOf(articles, options) {
  return { articles, options: JSON.parse(JSON.stringify({ ...options, offset_unit: "utf16" })) };
}
