import { element } from './element.js';

/** The browser's time zone, as a proposal that the person confirms. */
export function proposedZone() {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

function isZone(name) {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

function zoneNames() {
  const names = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [proposedZone()];
  return [...new Set(['UTC', ...names])];
}

let serial = 0;

/** A field for an IANA zone with suggestions; shows what is wrong with its value. */
export function zoneField({ label, hint, value, testId }) {
  const id = `zone-${(serial += 1)}`;
  const check = () =>
    input.setCustomValidity(isZone(input.value.trim()) ? '' : 'Please name a zone, like Europe/Berlin.');
  const input = element('input', {
    id,
    name: 'timeZone',
    list: `${id}-names`,
    value,
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': hint ? `${id}-hint` : null,
    'data-testid': testId,
    input: check,
  });
  const node = element(
    'div',
    { class: 'field' },
    element('label', { for: id }, label),
    input,
    element(
      'datalist',
      { id: `${id}-names` },
      zoneNames().map((name) => element('option', { value: name })),
    ),
    hint && element('p', { class: 'hint', id: `${id}-hint` }, hint),
  );
  return { node, zone: () => input.value.trim() };
}

/** A small form around the field: `save(zone)` is awaited. */
export function zoneForm({ label, value, action, testId, save }) {
  const field = zoneField({ label, value, testId });
  const submit = element('button', { type: 'submit' }, action);
  return element(
    'form',
    {
      class: 'inline-form',
      submit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        try {
          await save(field.zone());
        } finally {
          submit.disabled = false;
        }
      },
    },
    field.node,
    submit,
  );
}
