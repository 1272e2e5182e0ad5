import { setImmediate as tick } from 'node:timers/promises';
import { Live } from '../../public/js/live.js';

/** A server whose answers come when the test wants. */
class SlowServer {
  /** Answers the replay that waits. */
  answer!: (answer: object) => void;
  private readonly listeners = new Map<string, (payload: unknown) => void>();
  private any!: (name: string, event: object) => void;

  readonly socket = {
    on: (name: string, listener: (payload: unknown) => void) => this.listeners.set(name, listener),
    onAny: (listener: typeof this.any) => (this.any = listener),
    timeout: () => ({ emitWithAck: () => new Promise((resolve) => (this.answer = resolve)) }),
  };

  snapshot(epoch: string, seq: number): void {
    this.listeners.get('snapshot')?.({ epoch, seq });
  }

  events(...numbers: number[]): void {
    for (const seq of numbers) this.any('connection_status', { seq });
  }
}

describe('the live connection of the page', () => {
  let server: SlowServer;
  let shown: unknown[];

  beforeEach(() => {
    server = new SlowServer();
    shown = [];
    Object.assign(globalThis, { io: () => server.socket });
    new Live('token', {
      snapshot: ({ epoch, seq }) => shown.push(`${epoch} ${seq}`),
      event: ({ seq }) => shown.push(seq),
      anew: () => shown.push('anew'),
      online: () => undefined,
      signedOut: () => undefined,
    });
    server.snapshot('first', 5);
    server.events(6, 8); // The page asks for 7.
    shown.length = 0;
  });

  const missed = (epoch: string, seq: number) => ({ events: [{ seq: 7 }, { seq: 8 }], more: false, seq, epoch });

  it('catches up with what it missed', async () => {
    server.answer(missed('first', 8));
    await tick();
    server.events(9);
    expect(shown).toEqual([7, 8, 9]);
  });

  it('begins anew with a snapshot of another epoch, and takes no answer for it that is of the epoch before', async () => {
    server.snapshot('second', 3);
    server.answer(missed('first', 8));
    await tick();
    server.events(4, 5);
    expect(shown).toEqual(['anew', 'second 3', 4, 5]);
  });

  it('begins anew with an answer of another epoch, whose numbers are smaller', async () => {
    server.answer(missed('second', 3));
    await tick();
    server.events(4, 5);
    server.snapshot('second', 5);
    await tick();
    expect(shown).toEqual(['anew', 4, 5, 'second 5']);
  });
});
