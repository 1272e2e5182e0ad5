/**
 * Something that anybody may ask for as often as they like, and that costs the same however many do: it is read by one
 * at a time, and whoever asks meanwhile or soon after gets the same.
 */
export class SharedReading<Value> {
  private last: { readonly value: Promise<Value>; readonly until: number } | undefined;

  /** @param keptMs for how long after it was read a value is given to others */
  constructor(
    private readonly read: () => Promise<Value>,
    private readonly keptMs: number,
  ) {}

  /** @throws what reading threw; the next caller reads anew */
  get(): Promise<Value> {
    if (this.last && performance.now() < this.last.until) return this.last.value;
    const value = this.read();
    const reading = { value, until: Infinity };
    this.last = reading;
    value.then(
      () => (reading.until = performance.now() + this.keptMs),
      () => (reading.until = 0),
    );
    return value;
  }
}
