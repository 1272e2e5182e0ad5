import { TextDecoder } from 'node:util';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text that was meant where an export wrote the bytes of UTF-8 as characters, each as `\u00xx` ("Ã©" for "é"), as
 * Meta's exports do. Any other text stays as it is: it has a character that is no byte, or bytes that are no UTF-8.
 */
export function repairedText(text: string): string {
  if (!/[\u0080-\u00ff]/.test(text) || /[^\0-\u00ff]/.test(text)) return text;
  try {
    return utf8.decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}
