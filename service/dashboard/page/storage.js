/** Web storage that may be refused, as in a frame on another site: then nothing is remembered. */

export function read(area, key) {
  try {
    return globalThis[area].getItem(key);
  } catch {
    return null;
  }
}

export function write(area, key, value) {
  try {
    globalThis[area].setItem(key, value);
  } catch {
    // refused or full: it is forgotten, nothing else
  }
}
