import type { RefusedFormat } from '../format.js';
import { firstRecords } from '../rows/beginnings.js';

/** Reddit's `statistics.csv`: the account's sums and addresses, and nothing that the person did. */
export const redditStatistics: RefusedFormat = {
  name: 'reddit-statistics',
  detect(beginning) {
    const [header = []] = firstRecords(beginning, 1);
    return header.length === 2 && header[0] === 'statistic' && header[1] === 'value';
  },
  refusal: {
    code: 'REDDIT_STATISTICS',
    message:
      'These are the statistics of a Reddit account. Send the whole export, or its "comment_headers.csv", "post_headers.csv" and "subscribed_subreddits.csv".',
  },
};
