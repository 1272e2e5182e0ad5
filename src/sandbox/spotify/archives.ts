import type { StandInArchive } from '../stand-in.js';
import { accountArchive } from './account-data.js';
import { extendedArchive } from './extended-history.js';
import type { Persona } from './persona.js';
import { PERSONAS } from './personas.js';

/** What Spotify sends to those who ask for their data. */
export const ARCHIVES: readonly StandInArchive[] = [
  {
    file: 'extended.zip',
    title: 'extended streaming history',
    entries: (id, now) => extendedArchive(personaOf(id), now),
  },
  { file: 'account.zip', title: 'account data', entries: (id, now) => accountArchive(personaOf(id), now) },
];

function personaOf(id: string): Persona {
  const persona = PERSONAS.find((one) => one.id === id);
  if (persona === undefined) throw new RangeError(`Nobody is called ${id}`);
  return persona;
}
