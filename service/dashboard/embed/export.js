/** A brief as it leaves the page: text with footnotes, Markdown or HTML.
 *
 * Each format is a function of `{ headline, bullets, sentences, notes }`; a sentence is
 * `{ text, numbers, remark }`, a note `{ number, outlet, title, date, url, quote }`.
 */

const escaped = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const plain = (text) => text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>#|~]/g, "\\$&");
const joined = (...parts) => `${parts.filter(Boolean).join("\n\n")}\n`;
const listed = (note, ...names) => names.map((name) => note[name]).filter(Boolean);

export const FORMATS = {
  text({ headline, bullets, sentences, notes }) {
    const body = sentences.map(({ text, numbers, remark }) =>
      [bullets && "•", text, numbers.map((n) => `[${n}]`).join(""), remark && `(${remark})`].filter(Boolean).join(" "));
    const foot = notes.map((note) =>
      `[${note.number}] ${listed(note, "outlet", "title", "date", "url").join(", ")}: “${note.quote}”`);
    return joined(headline, body.join(bullets ? "\n" : " "), foot.join("\n"));
  },

  markdown({ headline, bullets, sentences, notes }) {
    const body = sentences.map(({ text, numbers, remark }) =>
      `${bullets ? "- " : ""}${plain(text)}${numbers.map((n) => `[^${n}]`).join("")}${remark ? ` *(${plain(remark)})*` : ""}`);
    const foot = notes.map((note) =>
      `[^${note.number}]: ${listed(note, "outlet", "title", "date").map(plain).join(", ")}`
      + `${note.url ? ` <${encodeURI(note.url)}>` : ""}: “${plain(note.quote)}”`);
    return joined(headline && `# ${plain(headline)}`, body.join(bullets ? "\n" : " "), foot.join("\n"));
  },

  html({ headline, bullets, sentences, notes }) {
    const body = sentences.map(({ text, numbers, remark }) =>
      escaped(text) + numbers.map((n) => `<sup><a href="#source-${n}">${n}</a></sup>`).join("")
      + (remark ? ` <em>(${escaped(remark)})</em>` : ""));
    const foot = notes.map((note) => {
      const outlet = note.url ? `<a href="${escaped(note.url)}">${escaped(note.outlet)}</a>` : escaped(note.outlet);
      const more = listed(note, "title", "date").map((each) => `, ${escaped(each)}`).join("");
      return `<li id="source-${note.number}" value="${note.number}">${outlet}${more}: <q>${escaped(note.quote)}</q></li>`;
    });
    return joined(
      headline && `<h2>${escaped(headline)}</h2>`,
      bullets ? `<ul><li>${body.join("</li>\n<li>")}</li></ul>` : `<p>${body.join("\n")}</p>`,
      `<ol>${foot.join("\n")}</ol>`);
  },
};

/** Put text on the clipboard, as rich text too where it is HTML. */
export async function copy(text, format) {
  if (!navigator.clipboard) return copyPlain(text); // pages without TLS have none
  const types = format === "html" ? ["text/plain", "text/html"] : ["text/plain"];
  const items = Object.fromEntries(types.map((type) => [type, new Blob([text], { type })]));
  return navigator.clipboard.write([new ClipboardItem(items)]);
}

function copyPlain(text) {
  const put = (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/plain", text);
  };
  document.addEventListener("copy", put, { once: true });
  document.execCommand("copy");
}
