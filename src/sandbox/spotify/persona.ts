import type { DailyRhythm } from '../local-day.js';
import type { StandInPersona } from '../stand-in.js';
import type { Genre } from './catalog.js';

/** Which artists somebody listens to. */
interface Taste {
  /** In the order in which they are discovered over the years, softly mixed. */
  readonly genres: readonly Genre[];
  /** Favourites from the first day on, and the share of listening they keep. */
  readonly favourites: number;
  readonly favouriteShare: number;
  /** Artists known at the start besides the favourites, and those found per day. */
  readonly knownAtStart: number;
  readonly discoveredPerDay: number;
}

/** How often things happen: chances per day, or ranges of counts. */
export interface Habits {
  readonly sessions: readonly [number, number];
  readonly playsPerSession: readonly [number, number];
  readonly saveDay: number;
  readonly savesPerSaveDay: readonly [number, number];
  readonly saveAlbum: number;
  readonly follow: number;
  readonly playlistDay: number;
  readonly saveShow: number;
  readonly saveEpisode: number;
}

/** An invented listener. */
export interface Persona extends StandInPersona, DailyRhythm {
  readonly country: string;
  /** First day of the account, `YYYY-MM-DD`; null for an account made shortly before the consent. */
  readonly since: string | null;
  /**
   * First day of listening that only an archive tells, `YYYY-MM-DD`: the API knows the days since `since`. Null where the
   * archive begins with the account.
   */
  readonly listenedSince: string | null;
  /** Some development-mode apps get artists without `genres`, others with; both cases should be met. */
  readonly artistGenres: boolean;
  readonly taste: Taste;
  /** Multiplies all chances on Saturdays and Sundays. */
  readonly weekendFactor: number;
  readonly habits: Habits;
  /** Own playlists in the order of their making; a new one about every eight weeks. */
  readonly playlists: readonly string[];
  /** Followed playlists of other people, whose items Spotify refuses to show. */
  readonly foreignPlaylists: readonly string[];
  /** Where given, exactly this happens on the first days and nothing after: no habits. */
  readonly firstDays?: readonly { readonly plays: number; readonly saves: number }[];
}
