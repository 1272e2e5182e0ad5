import type { Concept } from './concept.js';

/**
 * Themes that are shown only to a person who asked for them (`PATCH /api/me`, `sensitiveTopics`), and that never enter a
 * comparison with others. They name what a source is about: who reads of an illness need not have it. Nothing about
 * ethnicity is here, and so none of it is ever shown.
 */
export const SENSITIVE: Readonly<Record<string, Concept>> = {
  health: {
    label: 'Health',
    topics: ['mental-health'],
    youtube: ['Health'],
    subs: ['adhd', 'anxiety', 'chronicpain', 'depression', 'diabetes', 'health', 'mentalhealth'],
  },
  belief: {
    label: 'Belief',
    youtube: ['Religion', 'Christian_music'],
    subs: ['atheism', 'buddhism', 'catholicism', 'christianity', 'hinduism', 'islam', 'judaism', 'religion'],
  },
  politics: {
    label: 'Politics',
    topics: ['politics', 'elections'],
    youtube: ['Politics'],
    subs: ['conservative', 'geopolitics', 'libertarian', 'neoliberal', 'politics', 'socialism', 'ukpolitics'],
  },
  sexuality: {
    label: 'Sexuality and gender',
    subs: ['actuallesbians', 'asktransgender', 'bisexual', 'gaybros', 'lgbt', 'sex'],
  },
  unions: { label: 'Labour unions', subs: ['iww', 'union', 'unions'] },
};
