import type { RefusedFormat } from '../format.js';

/**
 * `watch-history.html` and `MyActivity.html`, as Google Takeout writes them unless told otherwise. Their times are words
 * in the account's language and zone, so they are not read. Their long styles may fill the beginning of the file; these
 * name the classes of Google's design, whatever the language.
 */
export const youtubeHtml: RefusedFormat = {
  name: 'youtube-html',

  detect({ text }) {
    if (!/^\s*(?:<!doctype html[^>]{0,200}>\s*)?<html\b/i.test(text)) return false;
    return /[. "]mdl-(?:typography|grid|cell|layout|shadow)/.test(text) || text.includes('youtube.com/watch?v=');
  },

  refusal: {
    code: 'HTML_HISTORY',
    message:
      'This is the history as a web page, which cannot be read. At takeout.google.com choose "YouTube and YouTube Music", ' +
      'then "Multiple formats", set "history" to JSON instead of HTML, and upload that export.',
  },
};
