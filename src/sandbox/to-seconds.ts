/** `YYYY-MM-DDTHH:MM:SSZ`, as providers write times without milliseconds. */
export const toSeconds = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;
