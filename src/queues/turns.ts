/** How long a turn takes, but for its last piece. */
const TURN_MS = 200;

/**
 * Works off many ids in turns, so that others get theirs in between. A round goes over all ids that its first turn has
 * read; what could not be done is left to the next round, and so holds up nobody.
 */
export class Turns {
  private left: string[] = [];

  /** @param act must not throw for what concerns only one id */
  constructor(
    private readonly read: () => Promise<string[]> | string[],
    private readonly act: (id: string) => Promise<unknown>,
  ) {}

  /** @returns whether the round goes on */
  async next(): Promise<boolean> {
    if (this.left.length === 0) this.left = await this.read();
    const end = performance.now() + TURN_MS;
    while (performance.now() < end) {
      const id = this.left.shift();
      if (id === undefined) return false;
      await this.act(id);
    }
    return this.left.length > 0;
  }
}
