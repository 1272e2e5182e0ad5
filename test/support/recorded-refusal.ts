import type { Problem, Refusal } from '../../src/platforms/problem.js';

/** A refusal as a provider sent it; names and numbers of people and projects are invented. */
export interface RecordedRefusal {
  readonly platform: 'spotify' | 'github' | 'youtube';
  /** Where it was seen. */
  readonly source: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it was sent, or JSON. */
  readonly body: string | object;
  readonly code: Problem['code'];
  readonly actor: Problem['actor'];
  readonly concerns: Refusal['concerns'];
}

/** The body of a recorded refusal as it is sent. */
export function bodyOf({ body }: RecordedRefusal): string {
  return typeof body === 'string' ? body : JSON.stringify(body, null, 2);
}
