import { element } from './element.js';
import { percent } from './words.js';

/**
 * Themes by platform: a dot where a platform shows a theme, the larger the more of it there is. `rarity` has by theme how
 * many of the others show it, where that is known.
 */
export function themesChart(themes, titleOf, rarity) {
  const isCompared = themes.some(({ key }) => rarity[key]?.status === 'known');
  const platforms = [...new Set(themes.flatMap((theme) => theme.platforms))].sort();
  const most = Math.max(...themes.map(({ share }) => share), Number.EPSILON);
  const rows = themes.map(({ key, label, share, sources, platforms: seen }) => {
    const dots = platforms.map((platform) => {
      const has = seen.includes(platform);
      const dot = element('i', { class: has ? 'dot' : 'dot none', 'aria-hidden': 'true' });
      if (has) dot.style.setProperty('--size', (0.35 + 0.65 * Math.sqrt(share / most)).toFixed(2));
      return element('td', {}, dot, element('span', { class: 'unseen' }, has ? 'yes' : 'no'));
    });
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, label),
      ...dots,
      element('td', { class: 'theme-amount' }, `${percent(share, share < 0.1 ? 1 : 0)}`),
      element('td', { class: 'theme-amount' }, String(sources)),
      isCompared && element('td', { class: 'theme-amount' }, rarity[key]?.text ?? 'not compared'),
    );
  });
  const heads = ['Theme', ...platforms.map(titleOf), 'Share', 'Sources', ...(isCompared ? ['Of the others'] : [])];
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Themes by platform' },
    element(
      'table',
      { class: 'themes' },
      element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
      element('tbody', {}, ...rows),
    ),
  );
}
