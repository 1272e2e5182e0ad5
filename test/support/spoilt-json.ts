/** Where a value is in JSON: the names and indexes that lead to it. */
export type Place = readonly (string | number)[];

/** What becomes of a value: null, absent, or a value of another type. */
type Spoiling = 'null' | 'missing' | 'other';
export const SPOILINGS: readonly Spoiling[] = ['null', 'missing', 'other'];

/** All places in a value; of an array the element with most of them stands for the others. */
export function placesIn(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [at];
  if (!Array.isArray(value)) {
    return [at, ...Object.entries(value).flatMap(([name, each]) => placesIn(each, [...at, name]))];
  }
  const each = value.map((element: unknown, index) => placesIn(element, [...at, index]));
  return [at, ...each.reduce((a, b) => (b.length > a.length ? b : a), [])];
}

/** JSON with one value spoilt; undefined where it cannot be so. */
export function spoil(json: string, place: Place, how: Spoiling): string | undefined {
  const root = { body: JSON.parse(json) as unknown };
  let holder: any = root;
  let name: string | number = 'body';
  for (const next of place) [holder, name] = [holder[name], next];
  if (how === 'missing') {
    if (holder === root || Array.isArray(holder)) return undefined;
    Reflect.deleteProperty(holder, name);
  } else {
    holder[name] = how === 'null' ? null : otherThan(holder[name]);
  }
  return JSON.stringify(root.body);
}

function otherThan(value: unknown): unknown {
  return typeof value === 'string' || value === null ? 7 : 'of another type';
}
