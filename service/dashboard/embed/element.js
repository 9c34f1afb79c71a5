/** An element: `on…` properties are listeners, others attributes; children are nodes or text. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

/** A button that says what it does. */
export function button(label, onclick, properties = {}) {
  return h("button", { type: "button", onclick, ...properties }, label);
}

/** A style sheet; unlike a style element it needs no leave of the page's policy. */
export function sheet(css) {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

/** The address of an original, if it is one of the web. */
export function linkOf(url) {
  return /^https?:\/\//i.test(url ?? "") ? url : null;
}

/** How a citation bears the sentence, in words. */
export function role({ role, extent }, t) {
  return role === "corroborates" && extent === "part" ? t.role.part : t.role[role];
}
