/** Valid bodies have three levels. */
const MAX_DEPTH = 32;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether JSON is nested deeper than any valid body. It looks at the text, because `JSON.parse` itself takes a hundred
 * times as long for deep nesting as for other text of the same length.
 */
export function isDeep(json: Uint8Array): boolean {
  let depth = 0;
  let quoted = false;
  for (let place = 0; place < json.length; place++) {
    const byte = json[place];
    if (quoted) {
      if (byte === BACKSLASH) place++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
  }
  return false;
}
