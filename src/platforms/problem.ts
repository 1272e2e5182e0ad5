/**
 * Who can mend it: the person whose account it is, whoever runs this server, the provider; `nobody` where it passes by
 * itself, or nothing can be done.
 */
type Actor = 'person' | 'operator' | 'provider' | 'nobody';

/** Why something was not read, and who can mend it. No interface, because checkpoints hold it, which are JSON. */
export type Problem = {
  /** For programs; stable. */
  readonly code: string;
  /** For the person, in whole sentences. */
  readonly message: string;
  readonly actor: Actor;
};

/** A refusal whose reason the provider named. */
export interface Refusal extends Problem {
  /**
   * What it is about:
   * - `grant`: the access has ended; only connecting again helps.
   * - `everything`: the app or the account, so that whatever else is asked for is refused alike.
   * - `part`: only what was asked for.
   * - `nothing`: there is no such list, so that nothing is missing.
   * - `pace`: how much was asked for; later it is given.
   */
  readonly concerns: 'grant' | 'everything' | 'part' | 'nothing' | 'pace';
}

/** The access to a platform has ended, whoever noticed it: its API, or its token endpoint. */
export function accessEnded(title: string): Problem {
  return {
    code: 'NEEDS_RECONNECT',
    actor: 'person',
    message: `${title} no longer accepts the connection: it was taken back or has ended. Connect ${title} again.`,
  };
}
