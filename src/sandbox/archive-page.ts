import { escape, page } from './page.js';
import type { StandIn, StandInArchive } from './stand-in.js';

/** The page on which the people of a stand-in download what it knows about them; the chosen one stands first. */
export function archivePage(standIn: StandIn, archives: readonly StandInArchive[], chosen?: string): string {
  const title = `Sandbox ${standIn.title}: your data`;
  const people = standIn.personas.toSorted((a, b) => Number(b.id === chosen) - Number(a.id === chosen));
  const sections = people.map(({ id, name, life }) => {
    const links = archives.map(({ file, title: what }) => {
      const address = `/${standIn.name}/archive/${id}/${file}`;
      return `<li><a href="${escape(address)}" download>Download my archive: ${escape(what)}</a></li>`;
    });
    return `<section aria-labelledby="${escape(id)}"${id === chosen ? ' aria-current="true"' : ''}>
<h2 id="${escape(id)}">${escape(name)}</h2><p>${escape(life)}</p>
<ul>${links.join('\n')}</ul></section>`;
  });
  return page(
    title,
    `<h1>${escape(title)}</h1>
<p>Everyone may have a copy of their data. These files look like the ones that ${escape(standIn.title)} sends.</p>
<p class="notice">This is a stand-in for ${escape(standIn.title)}, not the real service. Its people and their data are
invented.</p>
${sections.join('\n')}`,
  );
}
