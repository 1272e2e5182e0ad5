import { z } from 'zod';
import { fullNameSchema, loginSchema } from './github-schemas.js';

/** The account: the number never changes, the name is what the API asks for. */
export const githubAccount = z.object({ id: z.number().int(), login: loginSchema });
/** The person whose data is read. */
export type Me = z.infer<typeof githubAccount>;

/** A repository whose commits are to be read. While its version stays, the time of the last push, so do its commits. */
export const repositoryOwner = z.object({
  id: z.string().max(20),
  version: z.string().max(64).nullable(),
  number: z.number().int(),
  name: fullNameSchema,
  /** The main language, which each commit carries: the signature counts languages by days with own commits. */
  language: z.string().max(200).nullable(),
  fork: z.boolean(),
  /** Whether it belongs to the person; only of these the languages are read. */
  own: z.boolean(),
});
export type RepositoryOwner = z.infer<typeof repositoryOwner>;
