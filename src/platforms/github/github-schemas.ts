import { z } from 'zod';
import { boundedArray } from '../bounded-array.js';
import { boundedRecord } from '../bounded-record.js';
import { optionalField } from '../optional-field.js';
import { type PageEntry, pageEntries } from '../page-entries.js';

/*
 * What we use of GitHub's answers. Required is only what identifies a thing, or says whether it is the person's; accounts
 * that were deleted arrive as null and authors without an account as null or `{}`. Fields not named here are dropped.
 */

const id = z.number().int().nonnegative();
const text = optionalField(z.string());
const time = optionalField(z.string().max(64));
const number = optionalField(z.number());
const flag = optionalField(z.boolean());
/** A language becomes a part of what is counted, whose length is limited. */
const language = optionalField(z.string().max(200));

/** The forms that GitHub allows, which are also safe in a path. */
export const loginSchema = z.string().regex(/^[\w.-]{1,100}$/);
export const fullNameSchema = z.string().regex(/^[\w-][\w.-]{0,99}\/(?!\.\.?$)[\w.-]{1,150}$/);

/** A person, bot or organisation as other things name it. */
const account = z.object({ id: optionalField(id), login: text, type: text });
export type GithubAccount = z.infer<typeof account>;

/** `GET /user`. */
export const profileSchema = z.object({
  id,
  login: loginSchema,
  name: text,
  company: text,
  location: text,
  bio: text,
  created_at: time,
  public_repos: number,
  public_gists: number,
  followers: number,
  following: number,
  html_url: text,
});
export type GithubProfile = z.infer<typeof profileSchema>;

const repository = z.object({
  id,
  full_name: text,
  owner: optionalField(account),
  description: text,
  language,
  topics: optionalField(boundedArray(z.string(), 200)),
  fork: flag,
  private: flag,
  archived: flag,
  stargazers_count: number,
  created_at: time,
  pushed_at: time,
  html_url: text,
});
export type GithubRepository = z.infer<typeof repository>;

const commit = z.object({
  sha: z.string().min(1).max(100),
  author: account.nullish(),
  commit: optionalField(
    z.object({
      message: text,
      author: optionalField(z.object({ date: time })),
      committer: optionalField(z.object({ date: time })),
    }),
  ),
  html_url: text,
});
export type GithubCommit = z.infer<typeof commit>;

const star = z.object({ starred_at: time, repo: repository.nullable() });
export type GithubStar = z.infer<typeof star>;

/** An issue, or a pull request, which GitHub lists among issues. */
const issue = z.object({
  id,
  number,
  title: text,
  state: text,
  user: optionalField(account),
  comments: number,
  repository: optionalField(repository),
  /** What it is depends on whether this is there. */
  pull_request: z.object({ merged_at: time }).nullish(),
  created_at: time,
  updated_at: time,
  closed_at: time,
  html_url: text,
});
export type GithubIssue = z.infer<typeof issue>;

const event = z.object({
  id: z.string().min(1).max(100),
  type: text,
  actor: optionalField(account),
  repo: optionalField(z.object({ id: optionalField(id), name: text })),
  payload: optionalField(z.object({ action: text })),
  created_at: time,
});
export type GithubEvent = z.infer<typeof event>;

const gist = z.object({
  id: z.string().min(1).max(100),
  description: text,
  public: flag,
  files: optionalField(boundedRecord(optionalField(z.object({ language })), 10_000)),
  comments: number,
  created_at: time,
  html_url: text,
});
export type GithubGist = z.infer<typeof gist>;

const organisation = z.object({ id, login: text, description: text });
export type GithubOrganisation = z.infer<typeof organisation>;

const followed = z.object({ id, login: text, type: text });
export type GithubFollowed = z.infer<typeof followed>;

/** `GET /repos/{owner}/{repo}/languages`: bytes by language. */
export const languagesSchema = boundedRecord(z.number(), 1_000);

/** One page of any list: a bare array of at most 100 entries. */
export type GithubPage<Entry> = PageEntry<Entry>[];

export const repositoryPage = pageEntries(repository);
export const commitPage = pageEntries(commit);
export const starPage = pageEntries(star);
export const issuePage = pageEntries(issue);
export const eventPage = pageEntries(event);
export const gistPage = pageEntries(gist);
export const organisationPage = pageEntries(organisation);
export const followedPage = pageEntries(followed);
