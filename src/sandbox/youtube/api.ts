import express, { type ErrorRequestHandler, type Request, type Router } from 'express';
import { DateTime } from 'luxon';
import type { BearerTokens } from '../access-check.js';
import { ApiError } from '../api-error.js';
import { requestAddress } from '../request-address.js';
import type { SandboxClock } from '../sandbox-clock.js';
import { Answers } from './answers.js';
import { Life } from './life.js';
import { type List, page } from './paging.js';
import { PERSONAS } from './personas.js';

/** Units a day of the whole app; every list call costs one, also one that is refused. */
const DAILY_QUOTA = 10_000;

/** The endpoints below `/youtube/v3/`, under their documented names. */
const ENDPOINTS: Readonly<Record<string, (answers: Answers, query: URLSearchParams) => List>> = {
  channels: (answers, query) => (demandMine(query), answers.channels()),
  subscriptions: (answers, query) => (demandMine(query), answers.subscriptions()),
  playlists: (answers, query) => (demandMine(query), answers.playlists()),
  playlistItems: (answers, query) => answers.playlistItems(query.get('playlistId') ?? ''),
  videos: (answers, query) => answers.videosOf(idsFrom(query)),
};

/** YouTube's Data API for the invented viewers. */
export function youtubeApi(tokens: BearerTokens, clock: SandboxClock): Router {
  const router = express.Router();
  const lives = new Map(PERSONAS.map((persona) => [persona.id, new Life(persona)]));
  const quota = { day: '', used: 0 };

  const spend = () => {
    const day = DateTime.fromJSDate(clock.now(), { zone: 'America/Los_Angeles' }).toISODate() ?? '';
    if (quota.day !== day) Object.assign(quota, { day, used: 0 });
    quota.used += 1;
    if (quota.used > DAILY_QUOTA) throw new ApiError(403, 'quotaExceeded');
  };

  const answersFor = (request: Request): Answers => {
    const access = tokens.access(request);
    const life = typeof access === 'string' ? undefined : lives.get(access.persona);
    if (typeof access === 'string' || !life) throw new ApiError(401, 'authError');
    if (!access.scopes.some((scope) => scope.includes('/auth/youtube'))) {
      throw new ApiError(403, 'insufficientPermissions');
    }
    return new Answers(life, clock.now().getTime());
  };

  for (const [name, list] of Object.entries(ENDPOINTS)) {
    router.get(`/youtube/v3/${name}`, (request, response) => {
      const answers = answersFor(request);
      spend();
      const { searchParams: query } = requestAddress(request);
      const parts = (query.get('part') ?? '').split(',').filter((part) => part !== '');
      if (parts.length === 0) throw new ApiError(400, 'missingRequiredParameter');
      const all = list(answers, query);
      response.json(page(query, { kind: all.kind, items: all.items.map((make) => () => onlyParts(make(), parts)) }));
    });
  }
  router.use(() => {
    throw new ApiError(404, 'notFound');
  });
  router.use(answerApiError);
  return router;
}

/** A resource has only the parts that were asked for. */
function onlyParts(item: object, parts: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(item).filter(([name]) => name === 'kind' || name === 'id' || parts.includes(name)),
  );
}

function demandMine(query: URLSearchParams): void {
  if (query.get('mine') !== 'true') throw new ApiError(400, 'missingRequiredParameter');
}

function idsFrom(query: URLSearchParams): readonly string[] {
  const ids = (query.get('id') ?? '').split(',').filter((id) => id !== '');
  if (ids.length === 0 || ids.length > 50) throw new ApiError(400, 'invalidFilters');
  return ids;
}

const answerApiError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (error instanceof ApiError) response.status(error.status).json(youtubeError(error.status, error.message));
  else next(error);
};

/** Google's shape of an API error; its `reason` is a code for the cause. */
export function youtubeError(code: number, reason: string): object {
  const message = `The request cannot be completed: ${reason}.`;
  return { error: { code, message, errors: [{ message, domain: 'youtube', reason }] } };
}
