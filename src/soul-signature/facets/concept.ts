/** A theme: what it is called, and the typed tags that carry it. */
export interface Concept {
  readonly label: string;
  /** GitHub's main languages and topics. */
  readonly languages?: readonly string[];
  readonly topics?: readonly string[];
  /** Last part of YouTube's Wikipedia addresses. */
  readonly youtube?: readonly string[];
  /** Names of communities, lower case. */
  readonly subs?: readonly string[];
  /** Genres that contain one of these as a word. */
  readonly genres?: readonly string[];
}
