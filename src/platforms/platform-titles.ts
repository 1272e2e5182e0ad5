/** What platforms are called by people, those included of which there are only archives. */
const TITLES: Readonly<Record<string, string>> = {
  discord: 'Discord',
  github: 'GitHub',
  goodreads: 'Goodreads',
  lastfm: 'Last.fm',
  letterboxd: 'Letterboxd',
  listenbrainz: 'ListenBrainz',
  netflix: 'Netflix',
  reddit: 'Reddit',
  spotify: 'Spotify',
  youtube: 'YouTube',
};

/** The name of a platform for people; the name it has in code where it is not known any more. */
export function platformTitle(platform: string): string {
  return TITLES[platform] ?? platform;
}
