/** Web storage that may be refused, as in a frame on another site: then nothing is remembered. */

export function read(area, key) {
  try {
    return globalThis[area].getItem(key);
  } catch {
    return null;
  }
}

/** Whether the value is held now; null takes it away. One that is refused or too large leaves nothing older behind. */
export function write(area, key, value) {
  try {
    globalThis[area].removeItem(key);
    if (value !== null) globalThis[area].setItem(key, value);
    return true;
  } catch {
    return value === null;
  }
}
