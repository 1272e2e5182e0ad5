import type { ArchiveFormat } from '../format.js';
import { contributionIn, contributions } from './reddit-contributions.js';

/** Reddit's list of the person's posts: `post_headers.csv`, or `posts.csv`, whose titles and text are left out. */
export const redditPosts: ArchiveFormat = {
  name: 'reddit-posts',
  title: 'Reddit, posts',
  platform: 'reddit',
  gives: ['post'],
  detect: (beginning) => contributionIn(beginning) === 'post',
  read: (text, context) => contributions(text, context, 'post'),
};
