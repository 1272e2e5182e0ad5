import { createHash } from 'node:crypto';
import { SeededRandom } from '../seeded-random.js';
import { ADJECTIVES, FIRST_NAMES, NOUNS, SHOW_TOPICS, SURNAMES } from '../words.js';

/** What channels are about: YouTube's category, and the Wikipedia articles it names as topics. */
export const TOPICS = {
  electronic: { categoryId: '10', articles: ['Music', 'Electronic_music'] },
  jazz: { categoryId: '10', articles: ['Music', 'Jazz'] },
  folk: { categoryId: '10', articles: ['Music', 'Independent_music'] },
  programming: { categoryId: '28', articles: ['Knowledge', 'Technology'] },
  science: { categoryId: '28', articles: ['Knowledge'] },
  cooking: { categoryId: '26', articles: ['Food', 'Lifestyle_(sociology)'] },
  travel: { categoryId: '19', articles: ['Tourism', 'Lifestyle_(sociology)'] },
  film: { categoryId: '1', articles: ['Entertainment', 'Film'] },
  cycling: { categoryId: '17', articles: ['Sport'] },
} as const;
export type Topic = keyof typeof TOPICS;

const TOPIC_NAMES = Object.keys(TOPICS) as Topic[]; // The object above has exactly these keys.
const CHANNELS_A_TOPIC = 60;
const LANGUAGES = ['en', 'de', 'ja', 'pt', 'en-GB', 'en'];

/** An invented channel. */
export interface Channel {
  readonly id: string;
  readonly title: string;
  readonly topic: Topic;
  readonly language: string;
}

/** An invented video. */
export interface Video {
  readonly id: string;
  readonly title: string;
  readonly channel: Channel;
  /** ISO 8601. */
  readonly duration: string;
  readonly publishedAt: number;
}

/** An opaque id of a kind of thing, always the same for it. */
export function youtubeId(prefix: string, key: string, length: number): string {
  return prefix + createHash('sha256').update(`youtube/${prefix}/${key}`).digest('base64url').slice(0, length);
}

/** A channel about a topic. */
function channelAbout(topic: Topic, number: number): Channel {
  const key = `${topic}/${number % CHANNELS_A_TOPIC}`;
  const random = new SeededRandom(`channel/${key}`);
  const names = [
    `${random.pick(FIRST_NAMES)} ${random.pick(SURNAMES)}`,
    `The ${random.pick(ADJECTIVES)} ${random.pick(NOUNS)}`,
    `${random.pick(SHOW_TOPICS)} & ${random.pick(NOUNS)}`,
  ];
  return { id: youtubeId('UC', key, 22), title: random.pick(names), topic, language: random.pick(LANGUAGES) };
}

/** Any channel of a few topics, the first ones more often. */
export function someChannel(topics: readonly Topic[], random: SeededRandom): Channel {
  const topic = topics[random.weighted(topics.map((_, rank) => 1 / (rank + 1)))] ?? TOPIC_NAMES[0] ?? 'science';
  return channelAbout(topic, Math.floor(CHANNELS_A_TOPIC * random.next() ** 2));
}

/** One of a channel's videos, published before `at`. */
export function videoOf(channel: Channel, number: number, at: number): Video {
  const random = new SeededRandom(`video/${channel.id}/${number}`);
  const title = `${random.pick(ADJECTIVES)} ${random.pick(NOUNS)}: ${random.pick(SHOW_TOPICS)}`;
  return {
    id: youtubeId('', `${channel.id}/${number}`, 11),
    title,
    channel,
    duration: `PT${random.between(2, 48)}M${random.between(1, 59)}S`,
    publishedAt: at - random.between(1, 400) * 86_400_000,
  };
}
