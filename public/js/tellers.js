import { day, listed } from './words.js';

/** Set by the page: titles of platforms, and when imports were brought, by id. */
let known = { titleOf: (name) => name, broughtAt: new Map() };

export function setTellers(changes) {
  known = { ...known, ...changes };
}

function tellersIn({ platform, sources = [] }) {
  return sources.map((source) => ({ platform, source }));
}

/**
 * Who told an item, in words: "Spotify, and your archive of 3 March 2026". Null where that is the connected platform
 * alone, of which the item is anyway.
 */
export function tellerWords(item) {
  const tellers = [item, ...(item.witnesses ?? [])].flatMap(tellersIn);
  if (tellers.every(({ source }) => source === 'connection')) return null;
  const named = new Set();
  const said = tellers
    .sort((a, b) => Number(b.source === 'connection') - Number(a.source === 'connection'))
    .map(({ platform, source }) => {
      const title = known.titleOf(platform);
      const own = named.has(title) ? '' : `${title} `;
      named.add(title);
      if (source === 'connection') return title;
      const at = known.broughtAt.get(source);
      return at ? `your ${own}archive of ${day(at)}` : `an earlier ${own}archive of yours`;
    });
  return listed([...new Set(said)]);
}
