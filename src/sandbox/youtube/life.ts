import { fresh } from '../fresh.js';
import { lastDayIndex, type LocalDay, localDay, usualMoment } from '../local-day.js';
import { SeededRandom } from '../seeded-random.js';
import { type Channel, someChannel, type Video, videoOf, youtubeId } from './catalogue.js';
import type { Persona } from './personas.js';

/** Something a persona did, with its time in ms since the epoch. */
export type Deed = { readonly at: number } & (
  | { readonly kind: 'subscription'; readonly channel: Channel }
  | { readonly kind: 'like' | 'upload'; readonly video: Video }
  | { readonly kind: 'playlist'; readonly playlist: number; readonly video: Video }
);

/** Everything a persona has ever done, generated day by day from seeds, so the past is always the same. */
export class Life {
  private readonly had = { channels: new Set<string>(), likes: new Set<string>() };
  private deeds: readonly Deed[] = [];
  private days = 0;

  constructor(readonly persona: Persona) {}

  /** The persona's own channel, or what it would be. */
  get channel(): Channel {
    const { id, name, channel, topics } = this.persona;
    const [topic = 'science'] = topics;
    return { id: youtubeId('UC', `persona/${id}`, 22), title: channel?.title ?? name, topic, language: 'en' };
  }

  /** All that was done up to `now`, newest first. */
  until(now: number): readonly Deed[] {
    const added: Deed[] = [];
    for (; this.days <= lastDayIndex(this.persona.since, now); this.days += 1) {
      added.push(...this.on(localDay(this.persona, this.persona.since, this.days)));
    }
    if (added.length > 0) this.deeds = [...this.deeds, ...added].sort((a, b) => b.at - a.at);
    return this.deeds.filter(({ at }) => at <= now);
  }

  private on(day: LocalDay): Deed[] {
    const { persona, had } = this;
    const random = new SeededRandom(`youtube/${persona.id}/${day.date}`);
    const moment = () => usualMoment(persona, day, random);
    const some = (at: number) => videoOf(someChannel(persona.topics, random), random.between(1, 80), at);
    const deeds: Deed[] = [];
    if (random.chance(persona.likeDay)) {
      for (let left = random.between(1, persona.mostLikes); left > 0; left -= 1) {
        const at = moment();
        const video = fresh(had.likes, () => some(at));
        if (video) deeds.push({ kind: 'like', at, video });
      }
    }
    if (random.chance(persona.subscribeDay)) {
      const channel = fresh(had.channels, () => someChannel(persona.topics, random));
      if (channel) deeds.push({ kind: 'subscription', at: moment(), channel });
    }
    if (random.chance(persona.channel?.uploadDay ?? 0)) {
      const at = moment();
      deeds.push({ kind: 'upload', at, video: { ...videoOf(this.channel, day.index, at), publishedAt: at } });
    }
    if (persona.playlists.length > 0 && random.chance(persona.playlistDay)) {
      const at = moment();
      deeds.push({ kind: 'playlist', at, playlist: random.between(0, persona.playlists.length - 1), video: some(at) });
    }
    return deeds;
  }
}
