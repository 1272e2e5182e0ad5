const DURABLE = /^(extraction|import|signature|batch|connection)_/;
const OVER = new Set(['UNAUTHORIZED', 'TOKEN_EXPIRED', 'ACCOUNT_DELETED', 'ACCOUNT_LOCKED']);

/**
 * The live connection. Durable events are numbered 1, 2, 3 …: each is passed on once and in order; what was missed
 * (a reconnect, a lost message) is fetched with `replay`. Where that is impossible (another epoch, expired events)
 * it calls `anew`, and everything shown must be loaded again.
 */
export class Live {
  #socket;
  #on;
  #epoch = null;
  #seq = 0;
  #heard = 0;
  #snapshot = null;
  #catchingUp = false;
  #closed = false;

  /** `on`: `snapshot(data)`, `event(event)`, `anew()`, `online(boolean)`, `signedOut(code)`. */
  constructor(token, on) {
    this.#on = on;
    this.#socket = io({ auth: { token } });
    this.#socket.on('connect', () => on.online(true));
    this.#socket.on('disconnect', (reason) => {
      on.online(false);
      // After a disconnect by the server the library does not reconnect by itself.
      if (reason === 'io server disconnect') setTimeout(() => !this.#closed && this.#socket.connect(), 1000);
    });
    this.#socket.on('connect_error', (error) => {
      this.#refused(error.data?.code ?? error.message);
      // Too many attempts: reconnect after the server's `retryAfter`, because the library does not do so itself.
      const { retryAfter } = error.data ?? {};
      if (retryAfter) setTimeout(() => !this.#closed && this.#socket.connect(), retryAfter * 1000);
    });
    this.#socket.on('error', (error) => this.#refused(error?.code));
    this.#socket.on('snapshot', (snapshot) => this.#onSnapshot(snapshot));
    this.#socket.onAny((name, event) => {
      if (!DURABLE.test(name) || typeof event !== 'object' || event === null) return;
      this.#onEvent({ ...event, type: event.type ?? name });
    });
  }

  close() {
    this.#closed = true;
    this.#socket.off();
    this.#socket.offAny();
    this.#socket.disconnect();
  }

  #refused(code) {
    if (OVER.has(code)) this.#on.signedOut(code);
    else this.#on.online(this.#socket.connected);
  }

  #onSnapshot(snapshot) {
    if (this.#epoch === snapshot.epoch) {
      this.#heard = Math.max(this.#heard, snapshot.seq);
    } else {
      if (this.#epoch !== null) this.#on.anew();
      this.#begin(snapshot);
    }
    this.#snapshot = snapshot;
    void this.#catchUp();
  }

  /** Takes over the numbers of another epoch; what belongs to the earlier ones is dropped. */
  #begin({ epoch, seq }) {
    this.#epoch = epoch;
    this.#heard = seq;
    this.#seq = seq;
    this.#snapshot = null;
  }

  #onEvent(event) {
    if (event.transient) {
      this.#on.event(event);
      return;
    }
    if (event.seq <= this.#seq) return;
    this.#heard = Math.max(this.#heard, event.seq);
    if (event.seq === this.#seq + 1 && !this.#catchingUp && !this.#snapshot) this.#hand(event);
    else void this.#catchUp();
  }

  /** Passes an event on; a waiting snapshot is shown after the last event that it includes. */
  #hand(event) {
    if (event.seq <= this.#seq) return;
    if (this.#snapshot && event.seq > this.#snapshot.seq) this.#showSnapshot();
    this.#seq = event.seq;
    this.#on.event(event);
  }

  #showSnapshot() {
    const snapshot = this.#snapshot;
    this.#snapshot = null;
    this.#seq = Math.max(this.#seq, snapshot.seq);
    this.#on.snapshot(snapshot);
  }

  async #catchUp() {
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    try {
      while (this.#seq < this.#heard) {
        const since = this.#seq;
        const epoch = this.#epoch;
        const answer = await this.#socket.timeout(10_000).emitWithAck('replay', { since });
        if (this.#epoch !== epoch) continue; // A snapshot has begun another epoch meanwhile.
        if (answer.error || answer.epoch !== epoch) {
          if (!answer.error) this.#begin(answer);
          this.#seq = this.#heard;
          this.#on.anew();
          break;
        }
        for (const event of answer.events) this.#hand(event);
        if (this.#seq === since) this.#seq = this.#heard;
      }
    } catch {
      // No answer. A waiting snapshot is enough; otherwise the next event triggers another replay.
    } finally {
      this.#catchingUp = false;
    }
    if (this.#snapshot) this.#showSnapshot();
  }
}
