/** The listener's playlists, in Spotify's own words. */
export const ENTRIES_A_PAGE = 50;

export function playlistId(playlist: number): string {
  return `list${playlist}`;
}

/** One entry of a playlist as JSON, of the usual size of one without pictures and markets. */
export function entryOf(playlist: number, index: number): string {
  const id = `${playlist}x${index}`;
  const artist = `artist${index % 997}`;
  const second = String(index % 60).padStart(2, '0');
  return `{"added_at":"2026-03-0${1 + (index % 9)}T10:${second}:00Z","added_by":{"id":"listener"},"is_local":false,"item":{"id":"${id}","type":"track","uri":"spotify:track:${id}","name":"Track number ${index}","artists":[{"id":"${artist}","name":"The ${artist}"}],"album":{"id":"album${index % 4999}","name":"An album of theirs"},"duration_ms":${180_000 + index},"popularity":${index % 100},"explicit":false,"external_urls":{"spotify":"https://open.spotify.com/track/${id}"}}}`;
}
