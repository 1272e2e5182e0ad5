import { z } from 'zod';

/** The lists in the order in which they are read: first what GitHub soon forgets, then what says most about a person. */
export const SECTION_NAMES = [
  'events',
  'repositories',
  'issues',
  'starred',
  'gists',
  'organisations',
  'following',
  'end',
] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

const count = z.number().int().nonnegative();
/** Relative to the API's base, because the configured server may change between runs; the client checks it again. */
export const pathSchema = z.string().startsWith('/').max(4_000);
/** The forms that GitHub allows, which are also safe in a path. */
export const loginSchema = z.string().regex(/^[\w.-]{1,100}$/);
export const fullNameSchema = z.string().regex(/^[\w-][\w.-]{0,99}\/(?!\.\.?$)[\w.-]{1,150}$/);

/** A repository whose commits are to be read. */
const queued = z.object({
  id: z.number().int(),
  name: fullNameSchema,
  /** The main language, which each commit carries: the signature counts languages by days with own commits. */
  language: z.string().max(200).nullable(),
  fork: z.boolean(),
  /** Whether it belongs to the person; only of these the languages are read. */
  own: z.boolean(),
  /** When it was last pushed to: while that stays, so do its commits and languages. */
  pushedAt: z.string().max(64).nullable(),
});
export type QueuedRepository = z.infer<typeof queued>;

/**
 * All there is to know for going on after a page: the generator is a function of this and of GitHub's answers, so a
 * run resumed anywhere yields the pages that an unbroken one would have yielded.
 */
export const githubCheckpointSchema = z.object({
  section: z.enum(SECTION_NAMES),
  /** The section's next page; null is its first. */
  next: pathSchema.nullable(),
  /** Pages and entries read of the section's list. */
  pages: count,
  read: count,
  /** Whether the list was begun anew because GitHub refused to go on from where we were; it is done once. */
  anew: z.boolean(),
  /** The newest time in the list, and how many entries came after what was known. */
  newest: z.iso.datetime().nullable(),
  fresh: count,
  /** The tag of the list's first page. */
  etag: z.string().max(200).nullable(),
  /** Share of the whole that is done, 0 to 1; kept here because it must not fall. */
  done: z.number().min(0).max(1),
  /** The account: the number never changes, the name is what the API asks for. */
  me: z.object({ id: z.number().int(), login: loginSchema }),
  /** When the first run started; later dates of commits are wrong clocks. */
  startedAt: z.iso.datetime(),
  /** Where the `repositories` section stands: it reads a page of repositories, then what is in those of the queue. */
  repositories: z.object({
    /** The first may be begun. */
    queue: z.array(queued).max(1_000),
    /** The next page of the first one's commits; null is its first page. */
    commits: pathSchema.nullable(),
    commitPages: count,
    newestCommit: z.iso.datetime().nullable(),
    /** Whether all pages of repositories were read. */
    listed: z.boolean(),
    /** How many repositories were listed, and how many there are as far as one can tell. */
    read: count,
    total: count,
    /** How many repositories GitHub refused, and of how many the commits were too many. */
    refused: count,
    cut: count,
  }),
});
export type GithubCheckpoint = z.infer<typeof githubCheckpointSchema>;

type Constant = Pick<GithubCheckpoint, 'me' | 'startedAt'>;

/** The checkpoint after the profile, before all lists. */
export function firstCheckpoint({ me, startedAt }: Constant, done: number): GithubCheckpoint {
  const repositories = {
    queue: [],
    commits: null,
    commitPages: 0,
    newestCommit: null,
    listed: false,
    read: 0,
    total: 0,
    refused: 0,
    cut: 0,
  };
  const list = { next: null, pages: 0, read: 0, anew: false, newest: null, fresh: 0, etag: null };
  return { section: SECTION_NAMES[0], ...list, done, me, startedAt, repositories };
}

/** The checkpoint at the beginning of the next section. */
export function nextSection(at: GithubCheckpoint, done: number): GithubCheckpoint {
  const section = SECTION_NAMES[SECTION_NAMES.indexOf(at.section) + 1] ?? 'end';
  return { ...firstCheckpoint(at, done), section };
}
