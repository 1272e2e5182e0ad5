import { z } from 'zod';
import { boundedArray } from '../bounded-array.js';
import { boundedRecord } from '../bounded-record.js';

/*
 * What we use of GitHub's answers. Required is only what identifies a thing; accounts that were deleted arrive as null
 * and authors without an account as null or `{}`. Fields not named here are dropped.
 */

const id = z.number().int().nonnegative();
const text = z.string().nullish();
const time = z.string().max(64).nullish();
const number = z.number().nullish();
const flag = z.boolean().nullish();

/** The forms that GitHub allows, which are also safe in a path. */
export const loginSchema = z.string().regex(/^[\w.-]{1,100}$/);
export const fullNameSchema = z.string().regex(/^[\w-][\w.-]{0,99}\/(?!\.\.?$)[\w.-]{1,150}$/);

/** A person, bot or organisation as other things name it. */
const account = z.object({ id: id.nullish(), login: text, type: text });
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
  full_name: z.string(),
  owner: account.nullish(),
  description: text,
  language: z.string().max(200).nullish(),
  topics: boundedArray(z.string(), 1_000).nullish(),
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
  commit: z
    .object({
      message: text,
      author: z.object({ date: time }).nullish(),
      committer: z.object({ date: time }).nullish(),
    })
    .nullish(),
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
  user: account.nullish(),
  comments: number,
  repository: repository.nullish(),
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
  actor: account.nullish(),
  repo: z.object({ id: id.nullish(), name: text }).nullish(),
  payload: z.object({ action: text }).nullish(),
  created_at: time,
});
export type GithubEvent = z.infer<typeof event>;

const gist = z.object({
  id: z.string().min(1).max(100),
  description: text,
  public: flag,
  files: boundedRecord(z.object({ language: z.string().max(200).nullish() }).nullable(), 10_000).nullish(),
  comments: number,
  created_at: time,
  html_url: text,
});
export type GithubGist = z.infer<typeof gist>;

const organisation = z.object({ id, login: text, description: text });
export type GithubOrganisation = z.infer<typeof organisation>;

/** `GET /repos/{owner}/{repo}/languages`: bytes by language. */
export const languagesSchema = boundedRecord(z.number(), 1_000);

/** One page of any list: a bare array of at most 100 entries. */
export type GithubPage<Entry> = (Entry | null)[];

function pageOf<Entry>(entry: z.ZodType<Entry>): z.ZodType<GithubPage<Entry>> {
  return boundedArray(entry.nullable(), 1_000);
}

export const repositoryPage = pageOf(repository);
export const commitPage = pageOf(commit);
export const starPage = pageOf(star);
export const issuePage = pageOf(issue);
export const eventPage = pageOf(event);
export const gistPage = pageOf(gist);
export const organisationPage = pageOf(organisation);
export const accountPage = pageOf(account);
