import { SandboxVisitor } from '../../src/sandbox/sandbox-visitor.js';
import { spotify } from '../../src/sandbox/spotify/spotify.js';

/** How many different things of each kind the stand-in Spotify has of a persona, read without any of the product. */
export async function servedItems(spotifyUrl: string, persona: string): Promise<Record<string, number>> {
  const visitor = new SandboxVisitor(spotifyUrl);
  const { access_token: token } = await visitor.connect(persona, Object.keys(spotify.oauth.scopes));
  const list = async (path: string): Promise<any[]> => {
    const entries: any[] = [];
    for (let next: string | null = path; next !== null;) {
      const answer: any = await (await visitor.get(next, token)).json();
      const page = answer.artists ?? answer;
      entries.push(...page.items);
      next = page.next;
    }
    return entries;
  };
  const counts: Record<string, number> = { profile: 1 };
  const add = (kind: string, ids: readonly (string | null | undefined)[]) => {
    const found = new Set(ids.filter(Boolean)).size;
    if (found > 0) counts[kind] = (counts[kind] ?? 0) + found;
  };
  const me: any = await (await visitor.get('/v1/me', token)).json();

  add(
    'play',
    (await list('/v1/me/player/recently-played?limit=50')).map((play) => play.played_at + play.track.id),
  );
  for (const range of ['short_term', 'medium_term', 'long_term']) {
    add(
      'top-artist',
      (await list(`/v1/me/top/artists?limit=50&time_range=${range}`)).map((artist) => artist.id),
    );
    add(
      'top-track',
      (await list(`/v1/me/top/tracks?limit=50&time_range=${range}`)).map((track) => track.id),
    );
  }
  add(
    'saved-track',
    (await list('/v1/me/tracks?limit=50')).map((saved) => saved.track?.id),
  );
  add(
    'saved-album',
    (await list('/v1/me/albums?limit=50')).map((saved) => saved.album?.id),
  );
  add(
    'saved-show',
    (await list('/v1/me/shows?limit=50')).map((saved) => saved.show?.id),
  );
  add(
    'saved-episode',
    (await list('/v1/me/episodes?limit=50')).map((saved) => saved.episode?.id),
  );
  add(
    'followed-artist',
    (await list('/v1/me/following?type=artist&limit=50')).map((artist) => artist.id),
  );
  const playlists = await list('/v1/me/playlists?limit=50');
  add(
    'playlist',
    playlists.map((playlist) => playlist.id),
  );
  for (const { id, owner } of playlists) {
    if (owner.id !== me.id) continue;
    const entries = await list(`/v1/playlists/${id}/items?limit=50`);
    add(
      'playlist-item',
      entries.map(({ item, added_at }) => item && `${item.uri}${added_at}`),
    );
  }
  return counts;
}

/** All of them together. */
export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
