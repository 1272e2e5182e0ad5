import { element } from './element.js';

/** Downloads a Blob as a file. */
export function saveFile(content, name) {
  const address = URL.createObjectURL(content);
  const link = element('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // The download has begun by then.
}
