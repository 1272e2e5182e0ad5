import type { ArchiveFormat } from '../format.js';
import { contributionIn, contributions } from './reddit-contributions.js';

/** Reddit's list of the person's comments: `comment_headers.csv`, or `comments.csv`, whose text is left out. */
export const redditComments: ArchiveFormat = {
  name: 'reddit-comments',
  title: 'Reddit, comments',
  platform: 'reddit',
  gives: ['comment'],
  detect: (beginning) => contributionIn(beginning) === 'comment',
  read: (text, context) => contributions(text, context, 'comment'),
};
