/** Something whose id is not yet in `seen`, to which the id is added; undefined when a few tries find nothing new. */
export function fresh<Id, T extends { readonly id: Id }>(seen: Set<Id>, choose: () => T): T | undefined {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const candidate = choose();
    if (seen.has(candidate.id)) continue;
    seen.add(candidate.id);
    return candidate;
  }
  return undefined;
}
