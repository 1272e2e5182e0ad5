/**
 * Reads pages while earlier ones are being stored, so that neither the provider nor the database waits for the other. It
 * reads at most `most` pages ahead: so many are read again when the process dies.
 */
export class ReadAhead<Page> {
  private readonly ready: Page[] = [];
  private over = false;
  private failure: { readonly error: unknown } | undefined;
  private wakeReader = () => {};
  private wakeTaker = () => {};

  constructor(
    pages: AsyncIterable<Page>,
    private readonly most: number,
  ) {
    void this.read(pages);
  }

  /**
   * Waits for pages and takes all that are ready; an empty array is the end.
   * @throws the error of the reading, after the pages before it were taken
   */
  async take(): Promise<Page[]> {
    while (this.ready.length === 0 && !this.over) await new Promise<void>((resolve) => (this.wakeTaker = resolve));
    const taken = this.ready.splice(0);
    this.wakeReader();
    if (taken.length === 0 && this.failure) throw this.failure.error;
    return taken;
  }

  /** Stops reading. */
  stop(): void {
    this.over = true;
    this.wakeReader();
  }

  private async read(pages: AsyncIterable<Page>): Promise<void> {
    try {
      for await (const page of pages) {
        if (this.over) return;
        this.ready.push(page);
        this.wakeTaker();
        while (this.isFull()) await new Promise<void>((resolve) => (this.wakeReader = resolve));
      }
    } catch (error) {
      this.failure = { error };
    } finally {
      this.over = true;
      this.wakeTaker();
    }
  }

  private isFull(): boolean {
    return this.ready.length >= this.most && !this.over;
  }
}
