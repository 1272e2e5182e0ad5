import { ApiError } from '../api-error.js';
import { toSeconds } from '../to-seconds.js';
import { type Channel, TOPICS, type Video, youtubeId } from './catalogue.js';
import type { Deed, Life } from './life.js';
import type { List } from './paging.js';

const WIKIPEDIA = 'https://en.wikipedia.org/wiki/';

/** What one account gets to see at one moment, in the shapes of the API. */
export class Answers {
  private readonly deeds: readonly Deed[];

  constructor(
    private readonly life: Life,
    now: number,
  ) {
    this.deeds = life.until(now);
  }

  channels(): List {
    const { channel, persona } = this.life;
    // Without a channel the list is there and `items` is empty.
    const items = persona.channel ? [() => this.ownChannel(channel)] : [];
    return { kind: 'youtube#channelListResponse', items };
  }

  subscriptions(): List {
    const items = this.deeds.flatMap((deed) => (deed.kind === 'subscription' ? [() => this.subscription(deed)] : []));
    return { kind: 'youtube#subscriptionListResponse', items };
  }

  playlists(): List {
    const items = this.life.persona.playlists.flatMap((title, number) => {
      const entries = this.entries(number);
      const first = entries.at(-1);
      return first ? [() => this.playlist(title, number, first.at, entries.length)] : [];
    });
    return { kind: 'youtube#playlistListResponse', items };
  }

  playlistItems(id: string): List {
    const { channel, persona } = this.life;
    const number = persona.playlists.findIndex((_, each) => this.playlistId(each) === id);
    let deeds: readonly (Deed & { readonly video: Video })[];
    if (id === 'LL') deeds = this.videos('like');
    else if (id === uploadsOf(channel) && persona.channel) deeds = this.videos('upload');
    else if (number >= 0) deeds = this.entries(number);
    else throw new ApiError(404, 'playlistNotFound');
    const items = deeds.map(
      ({ at, video }, position) =>
        () =>
          this.playlistItem(id, at, video, position),
    );
    return { kind: 'youtube#playlistItemListResponse', items };
  }

  /** By ids, in the order of the list; what nobody here ever touched is unknown. */
  videosOf(ids: readonly string[]): List {
    const known = new Map(this.deeds.flatMap((deed) => ('video' in deed ? [[deed.video.id, deed.video]] : [])));
    const items = ids.flatMap((id) => {
      const video = known.get(id);
      return video ? [() => this.video(video)] : [];
    });
    return { kind: 'youtube#videoListResponse', items };
  }

  private videos(kind: 'like' | 'upload') {
    return this.deeds.flatMap((deed) => (deed.kind === kind ? [deed] : []));
  }

  private entries(playlist: number) {
    return this.deeds.flatMap((deed) => (deed.kind === 'playlist' && deed.playlist === playlist ? [deed] : []));
  }

  private ownChannel(channel: Channel): object {
    return {
      kind: 'youtube#channel',
      id: channel.id,
      snippet: {
        title: channel.title,
        description: '',
        customUrl: `@${this.life.persona.id}`,
        publishedAt: `${this.life.persona.since}T09:30:00.482913Z`,
        country: this.life.persona.id === 'night-owl' ? 'DE' : undefined,
      },
      contentDetails: { relatedPlaylists: { likes: 'LL', uploads: uploadsOf(channel) } },
      statistics: { viewCount: '1204', subscriberCount: '37', hiddenSubscriberCount: false, videoCount: '12' },
      topicDetails: topicDetails(channel),
    };
  }

  private subscription({ at, channel }: { readonly at: number; readonly channel: Channel }): object {
    return {
      kind: 'youtube#subscription',
      id: youtubeId('', `subscription/${this.life.persona.id}/${channel.id}`, 43),
      snippet: {
        publishedAt: new Date(at).toISOString().replace('Z', '417Z'),
        title: channel.title,
        description: '',
        resourceId: { kind: 'youtube#channel', channelId: channel.id },
        channelId: this.life.channel.id,
      },
    };
  }

  private playlist(title: string, number: number, at: number, itemCount: number): object {
    return {
      kind: 'youtube#playlist',
      id: this.playlistId(number),
      snippet: { publishedAt: toSeconds(at), channelId: this.life.channel.id, title, description: '' },
      contentDetails: { itemCount },
    };
  }

  private playlistItem(playlistId: string, at: number, video: Video, position: number): object {
    return {
      kind: 'youtube#playlistItem',
      id: youtubeId('UE', `${playlistId}/${this.life.persona.id}/${video.id}/${at}`, 40),
      snippet: {
        publishedAt: toSeconds(at),
        channelId: this.life.channel.id,
        title: video.title,
        playlistId,
        position,
        resourceId: { kind: 'youtube#video', videoId: video.id },
        videoOwnerChannelId: video.channel.id,
        videoOwnerChannelTitle: video.channel.title,
      },
      contentDetails: { videoId: video.id, videoPublishedAt: toSeconds(video.publishedAt) },
    };
  }

  private video(video: Video): object {
    return {
      kind: 'youtube#video',
      id: video.id,
      snippet: {
        publishedAt: toSeconds(video.publishedAt),
        channelId: video.channel.id,
        channelTitle: video.channel.title,
        title: video.title,
        tags: [video.channel.topic],
        categoryId: TOPICS[video.channel.topic].categoryId,
        defaultAudioLanguage: video.channel.language,
      },
      contentDetails: { duration: video.duration, dimension: '2d', definition: 'hd' },
      topicDetails: topicDetails(video.channel),
    };
  }

  private playlistId(number: number): string {
    return youtubeId('PL', `${this.life.persona.id}/${number}`, 32);
  }
}

function uploadsOf({ id }: Channel): string {
  return `UU${id.slice(2)}`;
}

function topicDetails({ topic }: Channel): object {
  return { topicCategories: TOPICS[topic].articles.map((article) => WIKIPEDIA + article) };
}
