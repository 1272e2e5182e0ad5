import { get } from './api.js';
import { button, element, svg } from './element.js';
import { splitKey, voiceOf } from './voices.js';
import { moment, number } from './words.js';

const CAUSES = {
  new_data: 'because of what you did since',
  data_removed: 'because data was removed',
  method: 'because we count differently now, not because you changed',
  zone: 'because your time zone changed',
  connection: 'because a platform was connected or left',
};

const KINDS = {
  appeared: 'is known now',
  disappeared: 'is not known any more',
  unknown_reason: 'is unknown for another reason now',
  archetype: 'is called otherwise now',
};

/** The title of a claim; one about a single platform names the platform. */
function titleOfClaim(claim, titleOf) {
  const { platform } = splitKey(claim);
  const { title } = voiceOf(claim);
  return platform ? `${title}, on ${titleOf(platform)}` : title;
}

function numeric({ before, after }) {
  return typeof before === 'number' && typeof after === 'number';
}

function wordsOf(claim, value) {
  const voice = voiceOf(claim);
  const said = voice.big?.({ value });
  return typeof said === 'string' && said !== '' ? said : number(value, 2);
}

/** Claims about an hour of the day move the shorter way round the clock: from 23:46 to 07:11 is later. */
const ON_THE_CLOCK = new Set(['rhythms.peak', 'rhythms.quiet_point']);

/** Where `after` lies seen from `before`; on the clock that can be beyond 24 or below 0. */
function target({ claim, before, after }) {
  if (!ON_THE_CLOCK.has(splitKey(claim).base)) return after;
  return before + ((((after - before) % 24) + 36) % 24) - 12;
}

function moved(change) {
  const clock = ON_THE_CLOCK.has(splitKey(change.claim).base);
  if (target(change) > change.before) return clock ? 'is later now' : 'is higher now';
  return clock ? 'is earlier now' : 'is lower now';
}

/**
 * Before (hollow) and after (full) on one line; each claim has its own scale, from a little below the smaller value.
 */
function dumbbell(change) {
  const { claim, before } = change;
  const after = target(change);
  const [low, high] = [Math.min(before, after), Math.max(before, after)];
  const margin = (high - low || 1) * 0.35;
  const x = (value) => 10 + ((value - low + margin) / (high - low + 2 * margin)) * 280;
  return svg(
    'svg',
    {
      viewBox: '0 0 300 40',
      class: 'dumbbell',
      role: 'img',
      'aria-label': `${wordsOf(claim, before)} before, ${wordsOf(claim, after)} now`,
    },
    svg('line', { x1: 10, x2: 290, y1: 26, y2: 26, class: 'rail' }),
    svg('line', { x1: x(before), x2: x(after), y1: 26, y2: 26, class: 'way' }),
    svg('circle', { cx: x(before), cy: 26, r: 5, class: 'before' }),
    svg('circle', { cx: x(after), cy: 26, r: 5.5, class: 'after' }),
    svg('text', { x: x(before), y: 11, 'text-anchor': 'middle' }, wordsOf(claim, before)),
    svg('text', { x: x(after), y: 11, 'text-anchor': 'middle', class: 'now' }, wordsOf(claim, after)),
  );
}

function row(change, titleOf) {
  const said = numeric(change) ? moved(change) : KINDS[change.kind];
  const cause = CAUSES[change.cause];
  const named = change.kind === 'archetype' && change.after ? `: ${String(change.after.name ?? change.after)}` : '';
  return element(
    'li',
    { 'data-kind': change.kind, 'data-testid': `change-${change.claim}` },
    element(
      'p',
      {},
      element('strong', {}, titleOfClaim(change.claim, titleOf)),
      ` ${said ?? 'is different now'}${named}${cause ? `, ${cause}` : ''}.`,
    ),
    numeric(change) && change.before !== change.after && dumbbell(change),
  );
}

/** The server's changes, one line each. */
export function changeList(diff, titleOf) {
  if (diff.length === 0) return element('p', { class: 'hint' }, 'Nothing that would be worth a word.');
  return element('ul', { class: 'changes' }, ...diff.map((change) => row(change, titleOf)));
}

/**
 * What changed since the version before, or since any earlier one that the person picks. Versions come when they are asked
 * for, fifty at a time, because there can be many.
 */
export function changesPart(signature, { titleOf, act }) {
  const place = element('div', { 'aria-live': 'polite' }, changeList(signature.diff ?? [], titleOf));
  const select = element('select', { id: 'version-from', 'data-testid': 'version-from' });
  const more = button('Offer earlier ones', () => act(fill), { class: 'quiet', 'data-testid': 'versions-more' });
  const opener = element(
    'details',
    { class: 'evidence', 'data-testid': 'versions' },
    element('summary', {}, 'Compare with another version'),
    element(
      'div',
      { class: 'inline-form' },
      element('div', { class: 'field' }, element('label', { for: 'version-from' }, 'Since'), select),
      more,
    ),
  );
  let cursor = null;

  opener.addEventListener('toggle', () => {
    if (opener.open && select.childElementCount === 0) void act(fill);
  });
  select.addEventListener('change', () => void act(() => compare(select.value)));

  async function fill() {
    const query = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const { data, page } = await get(`/api/soul-signature/versions${query}`);
    const earlier = data.filter(({ version }) => version < signature.version);
    select.append(...earlier.map((one) => element('option', { value: one.version }, versionWords(one))));
    cursor = page.nextCursor;
    more.hidden = cursor === null;
  }

  async function compare(version) {
    const { data } = await get(`/api/soul-signature/changes?from=${version}&to=${signature.version}`);
    // Only the answer for the last version picked is shown.
    if (version !== select.value) return;
    place.replaceChildren(
      element('p', { class: 'hint', 'data-testid': 'changes-between' }, `Since ${versionWords(data.from)}.`),
      changeList(data.changes, titleOf),
    );
  }
  return [place, opener];
}

function versionWords({ version, builtAt }) {
  return `version ${number(version)}, ${moment(builtAt)}`;
}
