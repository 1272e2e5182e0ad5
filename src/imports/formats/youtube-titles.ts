import { boundedText } from '../rows/bounded-text.js';

/**
 * What Google writes around the title of a video, in the languages of its accounts: before it, and after it. Longer ones
 * stand before shorter ones. In a language that is not here the title keeps these words.
 */
const PHRASES: readonly (readonly [before: string, after: string])[] = [
  ['Vous avez regardé', ''],
  ['Zhlédli jste video', ''],
  ['Просмотрено видео', ''],
  ['Вы посмотрели видео', ''],
  ['Ви дивилися відео', ''],
  ['Παρακολουθήσατε το βίντεο', ''],
  ['Je hebt naar', 'gekeken'],
  ['Je hebt', 'bekeken'],
  ['Ați vizionat', ''],
  ['Pinanood ang', ''],
  ['Hai guardato', ''],
  ['Has visto', ''],
  ['Tittade på', ''],
  ['Obejrzano:', ''],
  ['Гледахте', ''],
  ['Watched', ''],
  ['Så på', ''],
  ['Så', ''],
  ['', 'adlı videoyu izlediniz'],
  ['', 'izlendi'],
  ['', 'angesehen'],
  ['', 'katsottiin'],
  ['', 'を視聴しました'],
  ['', '을(를) 시청했습니다.'],
];

/** How auto-generated channels of musicians end, in the languages of accounts: "Artist - Topic". */
const TOPIC =
  /\s[-–]\s(?:Topic|Thema|Tema|Thème|Sujet|Argomento|Temat|Téma|Tópico|Onderwerp|Ämne|Emne|Aihe|Konu|Θέμα|Тема|トピック|주제|主题|主題)$/u;

export interface ToldTitle {
  readonly title: string;
  /** Whether the words around it were known, so that this is the title and nothing else. */
  readonly bare: boolean;
}

/** The title of a watched video in a row's `title`. Null for none. */
export function toldTitle(text: string): ToldTitle | null {
  const whole = boundedText(text);
  if (whole === null) return null;
  for (const [before, after] of PHRASES) {
    const rest = between(text.trim(), before, after);
    const title = boundedText(rest);
    if (title !== null) return { title, bare: true };
  }
  return { title: whole, bare: false };
}

/** Whether a row without a video says that one was watched: "Watched a video that has been removed". */
export function tellsOfWatching(text: string): boolean {
  return PHRASES.some((phrase) => phrase.every((words) => text.includes(words)));
}

/** The musician whose auto-generated channel this is; null for any other channel. */
export function artistOfChannel(name: string): string | null {
  return TOPIC.test(name) ? boundedText(name.replace(TOPIC, '')) : null;
}

/** Google puts narrow and unbreakable spaces between the words; they count as blanks. */
function between(text: string, before: string, after: string): string | undefined {
  if (!text.startsWith(before) || !text.endsWith(after) || text.length <= before.length + after.length) {
    return undefined;
  }
  const rest = text.slice(before.length, text.length - after.length);
  const apart = (before === '' || /^\s/u.test(rest)) && (after === '' || /\s$/u.test(rest));
  return apart ? rest : undefined;
}
