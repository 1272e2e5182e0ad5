import type { Language } from '../people.js';

/** How an export names its folders and files, and what its rows say, in one language. */
interface TakeoutWords {
  readonly product: string;
  readonly history: string;
  readonly watchHistory: string;
  readonly subscriptions: string;
  readonly subscriptionsHeader: string;
  readonly watched: (title: string) => string;
  readonly removed: string;
  readonly control: string;
  readonly advertisement: string;
}

/** Google's own words, as near as people have shown them; a reader that goes by any of them goes wrong somewhere. */
export const TAKEOUT_WORDS: Readonly<Record<Language, TakeoutWords>> = {
  en: {
    product: 'YouTube and YouTube Music',
    history: 'history',
    watchHistory: 'watch-history',
    subscriptions: 'subscriptions',
    subscriptionsHeader: 'Channel Id,Channel Url,Channel Title',
    watched: (title) => `Watched ${title}`,
    removed: 'Watched a video that has been removed',
    control: 'YouTube watch history',
    advertisement: 'From Google Ads',
  },
  de: {
    product: 'YouTube und YouTube Music',
    history: 'Verlauf',
    watchHistory: 'Wiedergabeverlauf',
    subscriptions: 'Abos',
    subscriptionsHeader: 'Kanal-ID,Kanal-URL,Kanaltitel',
    watched: (title) => `${title} angesehen`,
    removed: 'Ein Video angesehen, das entfernt wurde',
    control: 'YouTube-Wiedergabeverlauf',
    advertisement: 'Von Google Anzeigen',
  },
  ja: {
    product: 'YouTube と YouTube Music',
    history: '履歴',
    watchHistory: '再生履歴',
    subscriptions: '登録チャンネル',
    subscriptionsHeader: 'チャンネル ID,チャンネルの URL,チャンネルのタイトル',
    watched: (title) => `${title} を視聴しました`,
    removed: '削除済みの動画を視聴しました',
    control: 'YouTube の再生履歴',
    advertisement: 'Google 広告から',
  },
  pt: {
    product: 'YouTube e YouTube Music',
    history: 'histórico',
    watchHistory: 'histórico de visualizações',
    subscriptions: 'subscrições',
    subscriptionsHeader: 'ID do canal,URL do canal,Título do canal',
    watched: (title) => `Viu ${title}`,
    removed: 'Viu um vídeo que foi removido',
    control: 'Histórico de visualizações do YouTube',
    advertisement: 'Do Google Ads',
  },
};
