import express, { type ErrorRequestHandler, type Request, type Router } from 'express';
import type { BearerTokens } from '../access-check.js';
import { ApiError } from '../api-error.js';
import { requestAddress, withQuery } from '../request-address.js';
import type { SandboxClock } from '../sandbox-clock.js';
import { toSeconds } from '../to-seconds.js';
import { Answers } from './answers.js';
import { TOP_DAYS, type TopRange } from './charts.js';
import { accountSince, Life } from './life.js';
import { Library } from './library.js';
import { limitFrom, offsetPage, playsPage } from './paging.js';
import type { Persona } from './persona.js';
import { PERSONAS } from './personas.js';

/** What an endpoint answers from: the request's address and the account it may look at, as it is now. */
interface Call {
  readonly address: URL;
  readonly persona: Persona;
  readonly scopes: readonly string[];
  readonly library: Library;
  readonly answers: Answers;
  readonly now: number;
}

interface Endpoint {
  /** The scope without which Spotify answers 403; null where any token will do. */
  readonly scope: string | null;
  readonly answer: (call: Call, id: string) => object;
}

/** The endpoints, under Spotify's documented paths. */
const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/v1/me': { scope: null, answer: ({ answers, library, scopes }) => answers.me(library.account, scopes) },
  '/v1/me/player/recently-played': {
    scope: 'user-read-recently-played',
    answer: ({ address, library, answers }) => playsPage(address, library.recentPlays(), (play) => answers.play(play)),
  },
  '/v1/me/top/artists': {
    scope: 'user-top-read',
    answer: ({ address, library, answers }) =>
      offsetPage(address, library.topArtists(rangeFrom(address)), (artist) => answers.artist(artist)),
  },
  '/v1/me/top/tracks': {
    scope: 'user-top-read',
    answer: ({ address, library, answers }) =>
      offsetPage(address, library.topTracks(rangeFrom(address)), (track) => answers.track(track)),
  },
  '/v1/me/tracks': {
    scope: 'user-library-read',
    answer: ({ address, library, answers }) =>
      offsetPage(address, library.saved('track'), ({ at, value }) => ({
        added_at: toSeconds(at),
        track: answers.track(value),
      })),
  },
  '/v1/me/albums': {
    scope: 'user-library-read',
    answer: ({ address, library, answers }) =>
      offsetPage(address, library.saved('album'), ({ at, value }) => ({
        added_at: toSeconds(at),
        album: answers.album(value),
      })),
  },
  '/v1/me/shows': {
    scope: 'user-library-read',
    answer: ({ address, library, answers, now }) =>
      offsetPage(address, library.saved('show'), ({ at, value }) => ({
        added_at: toSeconds(at),
        show: answers.show(value, now),
      })),
  },
  '/v1/me/episodes': { scope: 'user-library-read', answer: savedEpisodes },
  '/v1/me/playlists': {
    scope: 'playlist-read-private',
    answer: ({ address, library, answers }) =>
      offsetPage(address, library.playlists(), (playlist) => answers.playlist(playlist)),
  },
  '/v1/playlists/:id/items': { scope: 'playlist-read-private', answer: playlistItems },
  '/v1/me/following': { scope: 'user-follow-read', answer: followedArtists },
};

/** Spotify's Web API for the invented listeners. */
export function spotifyApi(tokens: BearerTokens, clock: SandboxClock): Router {
  const router = express.Router();
  const lives = new Map<string, Life>();

  const lifeOf = (persona: Persona, grantedAt: number): Life => {
    const since = accountSince(persona, grantedAt);
    const key = `${persona.id}/${since}`;
    const life = lives.get(key) ?? new Life(persona, since);
    lives.set(key, life);
    return life;
  };

  const callFrom = (request: Request, scope: string | null): Call => {
    const access = tokens.access(request);
    if (access === 'missing') throw new ApiError(401, 'No token provided');
    if (access === 'invalid') throw new ApiError(401, 'Invalid access token');
    if (access === 'expired') throw new ApiError(401, 'The access token expired');
    if (scope !== null && !access.scopes.includes(scope)) throw new ApiError(403, 'Insufficient client scope');
    const persona = PERSONAS.find(({ id }) => id === access.persona);
    if (persona === undefined) throw new ApiError(401, 'Invalid access token');
    const address = requestAddress(request);
    const now = clock.now().getTime();
    const answers = new Answers(`${address.origin}${request.baseUrl}/v1`, persona);
    return {
      address,
      persona,
      scopes: access.scopes,
      library: new Library(lifeOf(persona, access.grantedAt), now),
      answers,
      now,
    };
  };

  for (const [path, { scope, answer }] of Object.entries(ENDPOINTS)) {
    router.get(path, (request, response) => {
      response.json(answer(callFrom(request, scope), String(request.params['id'])));
    });
  }
  router.use(() => {
    throw new ApiError(404, 'Service not found');
  });
  router.use(answerApiError);
  return router;
}

const answerApiError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (!(error instanceof ApiError)) {
    next(error);
    return;
  }
  if (error.status === 401) response.set('WWW-Authenticate', 'Bearer realm="spotify", error="invalid_token"');
  response.status(error.status).json(spotifyError(error.status, error.message));
};

/** Spotify's shape of an API error. */
export const spotifyError = (status: number, message: string): object => ({ error: { status, message } });

function rangeFrom(address: URL): TopRange {
  const range = address.searchParams.get('time_range') ?? 'medium_term';
  if (!Object.hasOwn(TOP_DAYS, range)) throw new ApiError(400, 'Invalid time range');
  return range as TopRange; // just checked
}

/** Every 40th saved episode is one that Spotify no longer has: it then answers an object full of nulls. */
function savedEpisodes({ address, library, answers, now }: Call): object {
  const saved = library.saved('episode');
  return offsetPage(address, saved, ({ at, value }, index) => {
    const full = answers.episode(value, now);
    const gone = (saved.length - index) % 40 === 0;
    const episode = gone ? Object.fromEntries(Object.keys(full).map((name) => [name, null])) : full;
    return { added_at: toSeconds(at), episode };
  });
}

/** Every 70th item of a playlist is a track that Spotify no longer has: `item` is then null. */
function playlistItems({ address, library, answers }: Call, id: string): object {
  const playlist = library.playlists().find((one) => one.id === id);
  if (playlist === undefined) throw new ApiError(404, 'Resource not found');
  if (playlist.owner.userId !== library.account.userId) throw new ApiError(403, 'Forbidden');
  return offsetPage(address, playlist.items, ({ at, value }, index) =>
    answers.playlistItem(at, index % 70 === 69 ? null : value, library.account),
  );
}

function followedArtists({ address, library, answers }: Call): object {
  const query = address.searchParams;
  if (query.get('type') !== 'artist') throw new ApiError(400, 'Invalid type');
  const limit = limitFrom(query);
  const all = library.followed();
  const after = query.get('after');
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw new ApiError(400, 'Invalid after');
  const page = all.slice(start, start + limit);
  const last = start + limit < all.length ? (page.at(-1)?.id ?? null) : null;
  return {
    artists: {
      href: address.href,
      limit,
      next: last === null ? null : withQuery(address, { after: last, limit }),
      cursors: { after: last },
      total: all.length,
      items: page.map((artist) => answers.artist(artist)),
    },
  };
}
