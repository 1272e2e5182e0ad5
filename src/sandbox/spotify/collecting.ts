import { fresh } from '../fresh.js';
import { type LocalDay, usualMoment } from '../local-day.js';
import { SeededRandom } from '../seeded-random.js';
import type { Album, Artist, Track } from './catalog.js';
import type { Persona } from './persona.js';
import { PERSONAS } from './personas.js';
import { type Episode, episode, episodesBy, type Show, show } from './podcasts.js';
import type { TasteMemory } from './taste-memory.js';

/** Days between two playlists of a persona. */
export const PLAYLIST_EVERY_DAYS = 55;

/** How many shows a persona can follow; each persona has other ones. */
const SHOWS_EACH = 30;

/** Something a persona did to the library, with its time in ms since the epoch. */
export type Collected = { readonly at: number } & (
  | { readonly kind: 'track'; readonly value: Track }
  | { readonly kind: 'album'; readonly value: Album }
  | { readonly kind: 'artist'; readonly value: Artist }
  | { readonly kind: 'show'; readonly value: Show }
  | { readonly kind: 'episode'; readonly value: Episode }
  | { readonly kind: 'playlist-track'; readonly playlist: number; readonly value: Track }
);

/** Ids of what is in the library already, per place; a thing is collected once. */
export class Collection {
  private readonly places = new Map<string, Set<string>>();

  place(name: string): Set<string> {
    const place = this.places.get(name) ?? new Set<string>();
    this.places.set(name, place);
    return place;
  }
}

/** What a persona collects on one day, given what was collected on the days before. */
export function collectOn(persona: Persona, taste: TasteMemory, day: LocalDay, had: Collection): readonly Collected[] {
  const random = new SeededRandom(`collects/${persona.id}/${day.date}`);
  const { habits } = persona;
  const likely = (chance: number) => random.chance(chance * (day.weekend ? persona.weekendFactor : 1));
  const moment = () => usualMoment(persona, day, random);
  const collected: Collected[] = [];

  for (let left = savesOn(persona, day, random, likely), at = moment(); left > 0; left -= 1) {
    const value = fresh(had.place('tracks'), () => taste.track(random, day.index));
    if (value) collected.push({ kind: 'track', at, value });
    at = random.chance(0.5) ? moment() : at + random.between(30_000, 400_000);
  }
  if (likely(habits.saveAlbum)) {
    const value = fresh(had.place('albums'), () => random.pick(taste.artist(random, day.index).albums));
    if (value) collected.push({ kind: 'album', at: moment(), value });
  }
  if (likely(habits.follow)) {
    const value = fresh(had.place('artists'), () => taste.artist(random, day.index));
    if (value) collected.push({ kind: 'artist', at: moment(), value });
  }
  if (persona.playlists.length > 0 && likely(habits.playlistDay)) {
    collected.push(...addToPlaylist(persona, taste, day, had, random));
  }
  collected.push(...podcastsOn(persona, day, had, random));
  return collected;
}

function savesOn(persona: Persona, day: LocalDay, random: SeededRandom, likely: (chance: number) => boolean): number {
  if (persona.firstDays) return persona.firstDays[day.index]?.saves ?? 0;
  return likely(persona.habits.saveDay) ? random.between(...persona.habits.savesPerSaveDay) : 0;
}

function addToPlaylist(
  persona: Persona,
  taste: TasteMemory,
  day: LocalDay,
  had: Collection,
  random: SeededRandom,
): readonly Collected[] {
  const existing = Math.min(persona.playlists.length, Math.floor(day.index / PLAYLIST_EVERY_DAYS) + 1);
  const playlist = random.chance(0.5) ? existing - 1 : random.between(0, existing - 1);
  const start = usualMoment(persona, day, random);
  return Array.from({ length: random.between(3, 8) }, (_, index) => ({ index })).flatMap(({ index }) => {
    const value = fresh(had.place(`playlist/${playlist}`), () => taste.track(random, day.index));
    return value ? [{ kind: 'playlist-track' as const, at: start + index * 45_000, playlist, value }] : [];
  });
}

function podcastsOn(persona: Persona, day: LocalDay, had: Collection, random: SeededRandom): readonly Collected[] {
  const collected: Collected[] = [];
  const firstShow = PERSONAS.indexOf(persona) * SHOWS_EACH;
  const some = () => show(firstShow + random.between(0, SHOWS_EACH - 1));
  if (random.chance(persona.habits.saveShow)) {
    const value = fresh(had.place('shows'), some);
    if (value) collected.push({ kind: 'show', at: usualMoment(persona, day, random), value });
  }
  if (random.chance(persona.habits.saveEpisode)) {
    const at = usualMoment(persona, day, random);
    const value = fresh(had.place('episodes'), () => {
      const of = some();
      return episode(of, Math.max(1, episodesBy(of, at) - random.between(0, 3)));
    });
    if (value) collected.push({ kind: 'episode', at, value });
  }
  return collected;
}
