/**
 * Reads a `Link` header (RFC 8288) into addresses by relation type: `<https://…?page=2>; rel="next", …`. The first
 * link of a relation counts, as section 3.3 demands of repeated ones. What is malformed is left out.
 */
export function parseLinks(header: string | undefined): ReadonlyMap<string, string> {
  const links = new Map<string, string>();
  // Addresses may have commas and semicolons themselves, so the brackets separate; a comma after them, unless quoted, ends the link.
  for (const [, target = '', parameters = ''] of (header ?? '').matchAll(/<([^<>]*)>((?:"[^"]*"|[^"<>,])*)/g)) {
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s,;"]+))/i.exec(parameters) ?? [];
    for (const relation of (quoted ?? bare ?? '').toLowerCase().split(/\s+/)) {
      if (relation !== '' && !links.has(relation)) links.set(relation, target.trim());
    }
  }
  return links;
}
