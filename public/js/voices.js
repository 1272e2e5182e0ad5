import { element } from './element.js';
import { clockTime, number, percent, titled } from './words.js';

/**
 * The words for each facet; one not listed here is shown with its name, number and unit. `statement` is a complete
 * sentence, `big` a number with `says` after it; `from` is the platform that could provide it.
 */
const VOICES = {
  'taste.breadth': {
    title: 'How wide you listen',
    big: (facet) => number(facet.value),
    says: (facet) => `different artists in any hundred artist-days of yours. ${wide(facet.value)}`,
    range: ([low, high]) => `between ${number(low)} and ${number(high)}`,
    counted: 'artist-days',
    method:
      'An artist-day is an artist on a day, counted once however often you pressed play. We work out how many different artists a hundred of them hold, drawn from all of yours (Hurlbert 1971).',
    difference: (u) => `${number(u)} artists`,
  },
  'rhythms.clock': {
    title: 'Your day, your week',
    trust: 'of every hour, the least sure one included',
    counted: 'active hours',
    says: () =>
      'Each bar is an hour of your day: the longer, the more of your active hours fall into it, and the thin line at its end is how far it may be off. The dashed circle is a life without a clock.',
    method:
      'An hour of a day counts once when you did anything in it. Days touching a gap in our reading are left out.',
  },
  'rhythms.peak': {
    title: 'When your day peaks',
    counted: 'active hours',
    big: (facet) => clockTime(facet.value),
    says: () => 'is the summit of your day: around it you are active more reliably than at any other time.',
    range: ([low, high]) => `between ${clockTime(low)} and ${clockTime(high)}`,
    method:
      'Shown only because your hours differ more than chance would make them (a test at one in a hundred). The summit is that of your smoothed day.',
    difference: (u) => (u === 1 ? 'an hour' : `${number(u, 1)} hours`),
  },
  'creation.languages': {
    title: 'What you make things in',
    statement: ({ value }) => [
      'You make things with ',
      element('strong', {}, `about ${variety(value.effective)}`),
      ` worth of variety${value.shares[0] ? `, ${value.shares[0].label} first` : ''}.`,
    ],
    says: () =>
      'Each bar is a language’s share of your days in repositories, and the thin line at its end is how far it may be off.',
    trust: 'of every share, the least sure one included',
    range: ([low, high]) => `between ${number(low, 1)} and ${number(high, 1)} languages`,
    counted: 'repo-days',
    method:
      'A repo-day is a repository on a day with a commit of yours, counted once in the main language of the repository: neither many commits nor much code can move it. Repositories without a language are left out. The variety is how many different languages ten of your repo-days hold on average (Hurlbert 1971), so it is never above ten.',
    difference: (u) => (u === 0.1 ? 'a tenth of your repo-days' : `${number(u * 100, 1)} % of your repo-days`),
  },
  'creation.cadence': {
    title: 'How often you make things',
    statement: ({ value }) => ['You commit on ', element('strong', {}, days(value)), ' of a typical week.'],
    week: (facet) => facet.value,
    range: ([low, high]) => `between ${number(low, 1)} and ${days(high)}`,
    counted: 'whole weeks',
    method:
      'Counted are your own days, in your time zone, over every whole week between your first commit and your latest, empty weeks included. The two weeks at the edges are seen only in part and left out.',
    difference: (u) => (u === 0.5 ? 'one day every other week' : `${number(u, 1)} days a week`),
  },
  'taste.effective_artists': {
    title: 'How many artists you really live with',
    big: (facet) => number(facet.value, 1),
    says: () => 'artists heard equally often would make the same mix as yours.',
    range: ([low, high]) => `between ${number(low, 1)} and ${number(high, 1)}`,
    counted: 'artist-days',
  },
  'taste.effective_artists.shannon': {
    title: 'How many artists, the rare ones too',
    big: (facet) => number(facet.value, 1),
    says: () =>
      'artists heard equally often would be as hard to guess as yours; those you hear rarely count more here.',
    range: ([low, high]) => `between ${number(low, 1)} and ${number(high, 1)}`,
    counted: 'artist-days',
  },
  'taste.concentration': {
    title: 'Your ten',
    big: (facet) => percent(facet.value),
    says: () => 'of your artist-days belong to the ten artists you hear most.',
    range: shares,
    counted: 'artist-days',
  },
  'taste.repeat': {
    title: 'How often you come back',
    big: (facet) => percent(facet.value),
    says: () => 'of a hundred track-days are a track you had already heard in them.',
    range: shares,
    counted: 'track-days',
  },
  'taste.discovery': {
    title: 'How much is new',
    big: (facet) => `${number(facet.value, 2)} ×`,
    says: () => 'as many new artists of late as your own past predicts. At 1 you go on as ever.',
    range: ([low, high]) => `between ${number(low, 2)} and ${number(high, 2)} times`,
    counted: 'new artists',
  },
  'taste.genre_evenness': {
    title: 'How evenly you spread',
    big: (facet) => percent(facet.value),
    says: () => 'of the way from a single kind of music to all kinds alike.',
    range: shares,
    counted: 'artist-days',
  },
  'taste.mainstream': {
    title: 'How many hear the same',
    ...hundred('of 100 in popularity, on an average artist-day'),
  },
  'taste.specialist': { title: 'How close your music lies together' },
  'rhythms.quiet_point': {
    title: 'When you are quietest',
    counted: 'active hours',
    big: (facet) => clockTime(facet.value),
    says: () => 'is the stillest moment of your day, which is not the same as sleep.',
    range: ([low, high]) => `between ${clockTime(low)} and ${clockTime(high)}`,
  },
  'rhythms.night_share': {
    title: 'Your part of the night',
    counted: 'active hours',
    big: (facet) => percent(facet.value),
    says: () => 'of your active hours lie between 21:00 and 05:00. A life without a clock would have 33 %.',
    range: shares,
  },
  'rhythms.regularity': {
    title: 'How alike your days are',
    counted: 'days',
    big: (facet) => percent(facet.value),
    says: () => 'of what your hours do is told by the time of day alone.',
    range: shares,
  },
  'rhythms.weekend_shift': {
    title: 'How your weekend moves',
    counted: 'weeks',
    big: (facet) => `${facet.value > 0 ? '+' : ''}${number(facet.value, 1)} h`,
    says: ({ value }) => `is how much ${value >= 0 ? 'later' : 'earlier'} your quietest moment comes on a weekend.`,
    range: ([low, high]) => `between ${number(low, 1)} and ${number(high, 1)} hours`,
  },
  'interests.salience': {
    title: 'What it is about',
    says: () => 'What you follow, keep or make there, by theme: the larger the dot, the larger the part.',
    counted: 'sources',
  },
  'interests.resonance': {
    title: 'What runs through it all',
    says: () => 'Themes that show on several of your platforms, each with at least two sources there.',
    counted: 'sources',
  },
  'interests.words': {
    title: 'Words of that place',
    says: () => 'Words in titles that stand out there against your other platforms.',
    counted: 'titles',
  },
  'creation.share_of_days': {
    title: 'Days on which you make something',
    big: (facet) => percent(facet.value),
    says: () => 'of your active days hold a commit, a post or an upload of yours.',
    range: shares,
    counted: 'days',
  },
  'creation.burstiness': {
    title: 'In bursts or evenly',
    big: (facet) => number(facet.value, 2),
    says: ({ value }) =>
      `on a scale from −1, regular as a clock, over 0, like chance, to 1, all at once. ${bursts(value)}`,
    range: ([low, high]) => `between ${number(low, 2)} and ${number(high, 2)}`,
    counted: 'pauses between sessions',
  },
  'connection.organiser': {
    title: 'Who calls the meeting',
    big: (facet) => percent(facet.value),
    says: () => 'of what you meet for was called by you.',
    range: shares,
    counted: 'series of meetings',
  },
  'connection.reciprocity': {
    title: 'Give and take',
    big: (facet) => percent(facet.value),
    says: () => 'is how balanced your letters are: at 100 % you write as much as you are written to.',
    range: shares,
    counted: 'people',
  },
  'change.drift': {
    title: 'How far you have moved',
    big: (facet) => number(facet.value, 2),
    says: ({ value, p }) =>
      `bits lie between your listening of late and that before, beyond what any two halves of your year differ by. ${
        p <= 0.05 && value >= 0.05 ? 'That is more than chance.' : 'Chance alone could do that.'
      }`,
    range: ([low, high]) => `between ${number(low, 2)} and ${number(high, 2)}`,
    counted: 'artist-days',
  },
  archetype: { title: 'Your portrait' },
};

function bursts(value) {
  if (value > 0.15) return 'You work in bursts.';
  return value < -0.15 ? 'You work evenly.' : 'You are close to chance.';
}

/** An interval of shares in words. */
function shares([low, high]) {
  return `between ${percent(low)} and ${percent(high)}`;
}

/** The words for a number out of a hundred. */
function hundred(says) {
  return {
    big: (facet) => number(facet.value),
    says: () => says,
    range: ([low, high]) => `between ${number(low)} and ${number(high)}`,
  };
}

function wide(value) {
  return value >= 100
    ? 'You never come back to the same one.'
    : `At one end is 1, the same artist for ever; at the other 100, never the same twice.`;
}

/** "3.4 languages’", "1 language’s": the number of equally frequent ones. */
function variety(effective) {
  const said = number(effective, 1);
  return `${said} ${said === '1' ? 'language’s' : 'languages’'}`;
}

function days(value) {
  const said = number(value, 1);
  return `${said} ${said === '1' ? 'day' : 'days'}`;
}

function plainNumber(value) {
  if (typeof value === 'number') return number(value, 2);
  return typeof value === 'string' ? value : '';
}

const plain = (key) => ({
  title: titled(key.replace(/^[^.]+\./, '')),
  big: (facet) => plainNumber(facet.value),
  says: (facet) => facet.unit ?? '',
  range: ([low, high]) => `between ${number(low, 2)} and ${number(high, 2)}`,
});

/** "rhythms.peak@spotify" has the words of "rhythms.peak", about one platform. */
export function splitKey(key) {
  const [base, platform = null] = key.split('@');
  return { base, platform, family: base.split('.')[0] };
}

export function voiceOf(key) {
  const { base } = splitKey(key);
  return { ...plain(base), ...VOICES[base] };
}
