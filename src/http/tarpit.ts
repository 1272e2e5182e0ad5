import type { ServerResponse } from 'node:http';

/** How long who asks again before it may waits for the refusal. */
const HELD_MS = 1_000;

/** At most so many wait in a process; others are answered at once. */
const MOST_HELD = 1_000;

/**
 * Holds back refusals of those who ask again before they may. A client that asks as soon as it is answered floods the
 * server as fast as it is refused; this way each of its connections gets one refusal a second.
 */
export class Tarpit {
  private held = 0;

  /** @param answer sends the refusal; not called when the client leaves before */
  hold(response: ServerResponse, answer: () => void): void {
    if (this.held >= MOST_HELD) {
      answer();
      return;
    }
    this.held += 1;
    const timer = setTimeout(answer, HELD_MS);
    response.once('close', () => {
      clearTimeout(timer);
      this.held -= 1;
    });
  }
}
