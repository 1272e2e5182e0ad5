import { element } from './element.js';

/** What can be brought, and where it is asked for; docs/archives.md says more. */
const SOURCES = [
  {
    platform: 'spotify',
    title: 'Spotify',
    file: 'the zip, or its Streaming_History_Audio files',
    ask: 'spotify.com, Account privacy, Download your data: tick “Extended streaming history”. “Account data” is faster and has the last year.',
    wait: 'within 30 days, the last year within 5',
  },
  {
    platform: 'youtube',
    title: 'YouTube',
    file: 'the zip, or watch-history.json and subscriptions.csv',
    ask: 'takeout.google.com: only “YouTube and YouTube Music”, and under Multiple formats the history as JSON.',
    wait: 'within minutes or a day',
  },
  {
    platform: 'netflix',
    title: 'Netflix',
    file: 'ViewingActivity.csv, or NetflixViewingHistory.csv (days without hours)',
    ask: 'netflix.com, Account: “Download your personal information”. For days only: your profile, Viewing activity, Download all.',
    wait: 'within 30 days, days only at once',
  },
  {
    platform: 'letterboxd',
    title: 'Letterboxd',
    file: 'the zip',
    ask: 'Settings, Data: “Export your data”.',
    wait: 'at once',
  },
  {
    platform: 'goodreads',
    title: 'Goodreads',
    file: 'goodreads_library_export.csv',
    ask: 'In a browser: My Books, Import and export, “Export library”.',
    wait: 'within minutes',
  },
  {
    platform: 'listenbrainz',
    title: 'ListenBrainz',
    file: 'the zip',
    ask: 'Settings: “Export data”.',
    wait: 'within minutes or hours',
  },
  {
    platform: 'lastfm',
    title: 'Last.fm',
    file: 'the CSV or JSON of an exporter',
    ask: 'It has no export of its own; lastfmstats.com makes one.',
    wait: 'within minutes',
  },
  {
    platform: 'reddit',
    title: 'Reddit',
    file: 'the zip',
    ask: 'reddit.com/settings/data-request: your full time at Reddit.',
    wait: 'within 30 days',
  },
  {
    platform: 'discord',
    title: 'Discord',
    file: 'the zip',
    ask: 'User settings, Data & privacy: “Request data”; messages and servers are enough.',
    wait: 'within 30 days',
  },
];

/** The title of a platform that archives come from; undefined for any other. */
export function archiveTitle(name) {
  return SOURCES.find(({ platform }) => platform === name)?.title;
}

/** Whether a platform, by its title, gives people archives that can be brought. */
export function givesArchives(name) {
  return SOURCES.some(({ title }) => title === name);
}

function sourceRow({ title, file, ask, wait }) {
  return element(
    'li',
    {},
    element('strong', {}, title),
    element('p', {}, ask),
    element('p', { class: 'hint' }, `Bring ${file}. It comes ${wait}.`),
  );
}

/** Which files can be brought and where people get them, collapsed. `open()` shows and focuses it. */
export function whichFiles() {
  const summary = element('summary', { 'data-testid': 'which-files' }, 'Which files?');
  const node = element(
    'details',
    { class: 'more which-files' },
    summary,
    element(
      'p',
      { class: 'hint' },
      'Everyone may have a copy of their data. Ask for it once; what a file is, we see from what is in it, whatever it is called.',
    ),
    element('ul', {}, ...SOURCES.map(sourceRow)),
    element(
      'p',
      { class: 'hint' },
      'Never kept, whatever an archive says: addresses and places, devices, what you wrote, what you searched for.',
    ),
  );
  function open() {
    node.open = true;
    summary.focus();
  }
  return { node, open };
}

/** In development: where the archives of invented people are. Null where there are none. */
export function sampleLinks(samples) {
  if (samples.length === 0) return null;
  const links = samples.map(({ title, url, platform }) =>
    element('a', { href: url, target: '_blank', rel: 'noreferrer', 'data-testid': `sample-${platform}` }, title),
  );
  return element(
    'p',
    { class: 'hint' },
    'No archive at hand? Download one of an invented person: ',
    ...links.flatMap((link, index) => (index === 0 ? [link] : [', ', link])),
    '.',
  );
}
