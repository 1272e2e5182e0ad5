/** Who an invented person is on every platform; each stand-in adds what this person does there. */
interface Person {
  readonly id: string;
  readonly name: string;
  readonly city: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** IANA name of the home zone. */
  readonly zone: string;
}

/** The people of the sandbox, the same on all its platforms: connecting two of them shows two sides of one life. */
export const PEOPLE = {
  mira: { id: 'night-owl', name: 'Mira Vennholt', city: 'Berlin', country: 'DE', zone: 'Europe/Berlin' },
  tobias: { id: 'devotee', name: 'Tobias Fairlamb', city: 'New York', country: 'US', zone: 'America/New_York' },
  aiko: { id: 'commuter', name: 'Aiko Tsurumori', city: 'Tokyo', country: 'JP', zone: 'Asia/Tokyo' },
  noor: { id: 'newcomer', name: 'Noor Halvanidis', city: 'Lisbon', country: 'PT', zone: 'Europe/Lisbon' },
} satisfies Record<string, Person>;
