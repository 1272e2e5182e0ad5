import { findOrInstall } from './system-packages.js';

/** For headless use as root, and without any connection of the browser's own. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The system's Chromium or Chrome. */
export function chromiumPath(): string {
  return findOrInstall({
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    folders: () => ['/usr/bin', '/Applications/Google Chrome.app/Contents/MacOS'],
    debianPackage: 'chromium',
  });
}
