const TRACK_MS = 180_000;

/**
 * Rows of an extended streaming history of Spotify: one play every six minutes back from `end`, of 40 artists.
 * @param from the number of the first row, so that two histories overlap or do not
 */
export function historyRows(count: number, { from = 0, end = Date.UTC(2026, 5, 1) } = {}): object[] {
  return Array.from({ length: count }, (_, n) => {
    const row = from + n;
    return {
      ts: new Date(end - row * 360_000).toISOString().replace('.000', ''),
      username: 'somebody',
      platform: 'a telephone',
      ms_played: TRACK_MS,
      conn_country: 'DE',
      ip_addr: '192.0.2.7',
      master_metadata_track_name: `Track ${row % 400}`,
      master_metadata_album_artist_name: `Artist ${row % 40}`,
      master_metadata_album_album_name: 'An album',
      spotify_track_uri: `spotify:track:${String(row % 400).padStart(22, '0')}`,
      episode_name: null,
      episode_show_name: null,
      spotify_episode_uri: null,
      reason_start: 'trackdone',
      reason_end: 'trackdone',
      shuffle: false,
      skipped: false,
      offline: false,
      offline_timestamp: 0,
      incognito_mode: false,
    };
  });
}

/** The file of such a history. */
export function historyFile(...rows: Parameters<typeof historyRows>): { name: string; content: string } {
  return { name: 'Streaming_History_Audio_0.json', content: JSON.stringify(historyRows(...rows)) };
}
