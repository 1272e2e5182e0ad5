import { meanHalfWidth90 } from '../estimators/mean.js';
import { wilson90 } from '../estimators/wilson.js';
import type { Facet } from '../document/facet.js';
import { numberFacet } from './estimate.js';
import { evidence } from './evidence.js';
import { claimCoverage, shortfall, unknown, type FacetContext, type FacetDefinition } from './facet.js';
import type { Correspondence, MeetingSeries } from '../statistics/statistics.js';

const CALENDAR = 'google-calendar';
const MAILBOX = 'gmail';
const MIN_SERIES = 20;
const MIN_PEOPLE = 20;

/** How many of the meetings with others the person called: one for each recurring series, declined ones left out. */
export const organiser: FacetDefinition = {
  name: 'connection.organiser',
  restsOn: [{ what: 'items', platform: CALENDAR, kinds: ['event'] }],
  explain: {
    formula: 'series organised / series',
    source: 'count; interval: Wilson 1927',
    inputs: 'events with two or more people that were not declined, one for each recurring series',
  },
  build: ({ statistics }) => ({ 'connection.organiser': organiserOf(statistics) }),
};

/** How evenly letters go back and forth, averaged over the people one really writes with. Nobody is named. */
export const reciprocity: FacetDefinition = {
  name: 'connection.reciprocity',
  restsOn: [{ what: 'items', platform: MAILBOX, kinds: ['message'] }],
  explain: {
    formula: 'mean over correspondents of 2·min(s, r)/(s + r)',
    source: 'mean; interval from the spread over correspondents',
    inputs: 's sent to and r received from each correspondent with three or more messages; lists and robots left out',
  },
  build: ({ statistics }) => ({ 'connection.reciprocity': reciprocityOf(statistics) }),
};

function organiserOf(statistics: FacetContext['statistics']): Facet {
  if (!statistics.connected.includes(CALENDAR)) return unknown('not_connected');
  const meetings = statistics.meetings.find(({ platform }) => platform === CALENDAR);
  if (!meetings || meetings.series < MIN_SERIES) {
    return shortfall('too_few_items', meetings?.series ?? 0, MIN_SERIES, 'meetings with others');
  }
  const [low, high] = wilson90(meetings.organised, meetings.series);
  return numberFacet({
    value: meetings.organised / meetings.series,
    halfWidth: (high - low) / 2,
    interval: [low, high],
    u: 0.2,
    unit: 'share of meetings',
    method: 'wilson',
    n: meetings.series,
    ...window(statistics, meetings),
    evidence: () => undated(meetings.platform, meetings.kind, 'series:', meetings.items),
  });
}

function reciprocityOf(statistics: FacetContext['statistics']): Facet {
  if (!statistics.connected.includes(MAILBOX)) return unknown('not_connected');
  const letters = statistics.correspondence.find(({ platform }) => platform === MAILBOX);
  const people = letters?.people ?? [];
  if (!letters || people.length < MIN_PEOPLE) {
    return shortfall('too_few_items', people.length, MIN_PEOPLE, 'people you write with');
  }
  const values = people.map(([sent, received]) => (2 * Math.min(sent, received)) / (sent + received));
  return numberFacet({
    value: values.reduce((sum, value) => sum + value, 0) / values.length,
    halfWidth: meanHalfWidth90(values),
    bounds: [0, 1],
    u: 0.15,
    unit: '0 one-sided, 1 even',
    method: 'mean-over-people',
    n: people.length,
    ...window(statistics, letters),
    evidence: () => undated(letters.platform, letters.kind, 'correspondent:', letters.items),
  });
}

/** Messages received and events attended are no acts of the person, so the window is that of all of them. */
function window(statistics: FacetContext['statistics'], of: MeetingSeries | Correspondence) {
  return { days: of.days, coverage: claimCoverage(statistics, [of], of.dayFrom, of.dayTo) };
}

function undated(platform: string, kind: string, keyStartsWith: string, count: number) {
  return evidence(
    { platforms: [platform], kinds: [kind], dayFrom: null, dayTo: null, timeMeaning: null, keyStartsWith },
    [`${platform}.${kind}`],
    count,
    [],
  );
}
