/** Discord's epoch, the first ms of 2015. */
const EPOCH = 1_420_070_400_000n;

/** Discord's id of anything: a whole number of 64 bits, written in digits; null for what is none. */
export function snowflakeOf(value: unknown): string | null {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === 'string' && /^[1-9]\d{14,18}$/.test(text) ? text : null;
}

/** When the thing with an id was made, to the ms: https://discord.com/developers/docs/reference#snowflakes */
export function snowflakeTime(id: string): Date {
  return new Date(Number((BigInt(id) >> 22n) + EPOCH));
}
