/** An archive of a few listens, as exporters of Last.fm's scrobbles write it: header, artist, album, track, seconds. */
export function listens(count: number, artist = 'Rain Kettle', from = Date.UTC(2024, 0, 1)): string {
  const rows = Array.from({ length: count }, (_, n) => {
    const uts = from / 1_000 + n * 3_600;
    return `${uts},"01 Jan 2024, 00:00",${artist},,Harbour Lights,,Slow Tide ${n % 7},`;
  });
  return ['uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid', ...rows, ''].join('\n');
}
