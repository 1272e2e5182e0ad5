import { localDay } from '../local-day.js';
import type { Artist, Track } from './catalog.js';
import type { TopRange } from './charts.js';
import { type Collected, PLAYLIST_EVERY_DAYS } from './collecting.js';
import type { Life } from './life.js';
import type { Play } from './listening.js';
import { spotifyId } from './spotify-id.js';

const DAY_MS = 86_400_000;
const PLAYS_KEPT = 50;

/** The account a life is lived in. */
export interface Account {
  readonly userId: string;
  readonly accountId: string;
}

/** A playlist as its owner, or a follower, sees it. */
export interface Playlist {
  readonly id: string;
  readonly name: string;
  readonly owner: { readonly userId: string; readonly name: string };
  /** Oldest first; for a followed playlist only their number is known. */
  readonly items: readonly { readonly at: number; readonly value: Track }[];
  readonly total: number;
}

/** What Spotify would answer about a life at one moment. */
export class Library {
  readonly account: Account;
  constructor(
    private readonly life: Life,
    private readonly now: number,
  ) {
    const key = `${life.persona.id}/${life.since}`;
    this.account = { userId: spotifyId('user', key).toLowerCase(), accountId: spotifyId('account', key).slice(0, 10) };
  }

  /** What was saved of a kind, newest first. */
  saved<Kind extends Collected['kind']>(kind: Kind): readonly Extract<Collected, { kind: Kind }>[] {
    return this.ofKind(kind).toReversed();
  }

  /** Followed artists in the order of following. */
  followed(): readonly Artist[] {
    return this.ofKind('artist').map(({ value }) => value);
  }

  /** The last plays that Spotify still returns, newest first. */
  recentPlays(): readonly Play[] {
    const latest = this.life.plays(this.now - 60 * DAY_MS, this.now);
    const plays = latest.length < PLAYS_KEPT ? this.life.plays(0, this.now) : latest;
    return plays.slice(-PLAYS_KEPT).toReversed();
  }

  topTracks(range: TopRange): readonly Track[] {
    return this.life.charts.at(this.now, range).tracks;
  }

  topArtists(range: TopRange): readonly Artist[] {
    return this.life.charts.at(this.now, range).artists;
  }

  /** Own playlists, the newest first, then followed ones. */
  playlists(): readonly Playlist[] {
    const { persona, since } = this.life;
    const added = this.ofKind('playlist-track');
    const own = persona.playlists
      .map((name, index) => {
        const items = added.filter(({ playlist }) => playlist === index);
        const owner = { userId: this.account.userId, name: persona.name };
        return { id: spotifyId('playlist', `${persona.id}/${index}`), name, owner, items, total: items.length };
      })
      .filter((_, index) => localDay(persona, since, index * PLAYLIST_EVERY_DAYS).startsAt <= this.now)
      .toReversed();
    const foreign = persona.foreignPlaylists.map((name) => ({
      id: spotifyId('playlist', `foreign/${name}`),
      name,
      owner: { userId: spotifyId('user', name).toLowerCase(), name: 'Somebody Else' },
      items: [],
      total: 60,
    }));
    return [...own, ...foreign];
  }

  private ofKind<Kind extends Collected['kind']>(kind: Kind) {
    return this.life.collected(this.now).filter((one): one is Extract<Collected, { kind: Kind }> => one.kind === kind);
  }
}
