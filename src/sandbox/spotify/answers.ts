import { toSeconds } from '../to-seconds.js';
import type { Album, Artist, Track } from './catalog.js';
import type { Play } from './listening.js';
import type { Account, Playlist } from './library.js';
import type { Persona } from './persona.js';
import { type Episode, episodesBy, type Show } from './podcasts.js';
import { spotifyId } from './spotify-id.js';

const toDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

/**
 * Spotify's own JSON, in the fields a development-mode app still gets in 2026 (no `available_markets`, `popularity`,
 * `followers`). Addresses for people use the reserved `.example` domain, because the things do not exist.
 */
export class Answers {
  constructor(
    /** Base of the API as the client reached it: `http://host:port/spotify/v1`. */
    private readonly base: string,
    private readonly persona: Persona,
  ) {}

  me(account: Account, scopes: readonly string[]): object {
    return {
      ...this.thing('user', account.userId),
      href: `${this.base}/users/${account.userId}`,
      account_id: account.accountId,
      display_name: this.persona.name,
      images: [],
      ...(scopes.includes('user-read-private') && {
        country: this.persona.country,
        product: 'premium',
        explicit_content: { filter_enabled: false, filter_locked: false },
      }),
      ...(scopes.includes('user-read-email') && { email: `${this.persona.id}@sandbox.example` }),
    };
  }

  artist(artist: Artist): object {
    const { genres } = artist;
    return { ...this.simpleArtist(artist), ...(this.persona.artistGenres && { genres }), images: [] };
  }

  track(track: Track): object {
    return {
      ...this.thing('track', track.id),
      name: track.name,
      artists: track.artists.map((artist) => this.simpleArtist(artist)),
      album: this.simpleAlbum(track.album),
      disc_number: 1,
      track_number: track.number,
      duration_ms: track.durationMs,
      explicit: track.explicit,
      is_local: false,
      preview_url: null,
    };
  }

  album(album: Album): object {
    const items = album.tracks.map((track) => ({ ...this.track(track), album: undefined }));
    const href = `${this.base}/albums/${album.id}/tracks?offset=0&limit=50`;
    return {
      ...this.simpleAlbum(album),
      tracks: { href, limit: 50, next: null, offset: 0, previous: null, total: items.length, items },
      copyrights: [{ text: `${album.releaseDate.slice(0, 4)} Sandbox Records`, type: 'C' }],
      genres: [],
    };
  }

  show(show: Show, now: number): object {
    return {
      ...this.thing('show', show.id),
      name: show.name,
      publisher: show.publisher,
      description: show.description,
      html_description: `<p>${show.description}</p>`,
      copyrights: [],
      explicit: false,
      images: [],
      is_externally_hosted: false,
      languages: ['en'],
      media_type: 'audio',
      total_episodes: episodesBy(show, now),
    };
  }

  episode(episode: Episode, now: number): object {
    return {
      ...this.thing('episode', episode.id),
      name: episode.name,
      audio_preview_url: null,
      description: episode.show.description,
      html_description: `<p>${episode.show.description}</p>`,
      duration_ms: episode.durationMs,
      explicit: false,
      images: [],
      is_externally_hosted: false,
      is_playable: true,
      language: 'en',
      languages: ['en'],
      release_date: toDay(episode.releasedAt),
      release_date_precision: 'day',
      resume_point: { fully_played: episode.durationMs % 3 > 0, resume_position_ms: 0 },
      show: this.show(episode.show, now),
    };
  }

  playlist(playlist: Playlist): object {
    return {
      ...this.thing('playlist', playlist.id),
      name: playlist.name,
      description: '',
      collaborative: false,
      public: false,
      images: playlist.total === 0 ? null : [],
      owner: { ...this.thing('user', playlist.owner.userId), display_name: playlist.owner.name },
      primary_color: null,
      snapshot_id: spotifyId('snapshot', `${playlist.id}/${playlist.total}`),
      items: { href: `${this.base}/playlists/${playlist.id}/items`, total: playlist.total },
    };
  }

  playlistItem(at: number, item: Track | null, addedBy: Account): object {
    return {
      added_at: toSeconds(at),
      added_by: this.thing('user', addedBy.userId),
      is_local: false,
      primary_color: null,
      item: item && this.track(item),
    };
  }

  play(play: Play): object {
    return {
      track: this.track(play.track),
      played_at: new Date(play.at).toISOString(),
      context: play.from && { ...this.thing('album', play.from.id), id: undefined },
    };
  }

  private simpleArtist(artist: Artist) {
    return { ...this.thing('artist', artist.id), name: artist.name };
  }

  private simpleAlbum(album: Album) {
    return {
      ...this.thing('album', album.id),
      album_type: 'album',
      artists: [this.simpleArtist(album.artist)],
      images: [],
      name: album.name,
      release_date: album.releaseDate,
      release_date_precision: album.precision,
      total_tracks: album.tracks.length,
    };
  }

  private thing(type: string, id: string) {
    return {
      id,
      type,
      uri: `spotify:${type}:${id}`,
      href: `${this.base}/${type}s/${id}`,
      external_urls: { spotify: `https://open.spotify.example/${type}/${id}` },
    };
  }
}
