/** Languages of the people, ISO 639-1. */
export type Language = 'en' | 'de' | 'ja' | 'pt';

/** Who an invented person is on every platform; each stand-in adds what this person does there. */
interface Person {
  readonly id: string;
  readonly name: string;
  readonly city: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** IANA name of the home zone. */
  readonly zone: string;
  /** In which the accounts are kept, and so the exports. */
  readonly language: Language;
}

/** The people of the sandbox, the same on all its platforms: connecting two of them shows two sides of one life. */
export const PEOPLE = {
  mira: {
    id: 'night-owl',
    name: 'Mira Vennholt',
    city: 'Berlin',
    country: 'DE',
    zone: 'Europe/Berlin',
    language: 'de',
  },
  tobias: {
    id: 'devotee',
    name: 'Tobias Fairlamb',
    city: 'New York',
    country: 'US',
    zone: 'America/New_York',
    language: 'en',
  },
  aiko: { id: 'commuter', name: 'Aiko Tsurumori', city: 'Tokyo', country: 'JP', zone: 'Asia/Tokyo', language: 'ja' },
  noor: {
    id: 'newcomer',
    name: 'Noor Halvanidis',
    city: 'Lisbon',
    country: 'PT',
    zone: 'Europe/Lisbon',
    language: 'pt',
  },
} satisfies Record<string, Person>;
