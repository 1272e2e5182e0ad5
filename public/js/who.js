import { button, element } from './element.js';
import { proposedZone, zoneForm } from './time-zone.js';

function zoneDialog(zone, saveZone) {
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'zone-title' },
    element('h2', { id: 'zone-title' }, 'Where do your days run?'),
    element('p', {}, 'Your rhythms are read in this zone. A change draws your signature anew.'),
    zoneForm({
      label: 'Your time zone',
      value: zone ?? proposedZone(),
      action: 'Save',
      save: async (timeZone) => {
        await saveZone(timeZone);
        dialog.close();
      },
    }),
    button('Leave it', () => dialog.close(), { class: 'quiet' }),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Who is signed in, their time zone, and the sign-out button. */
export function showWho(place, me, { saveZone, leave }) {
  const zone = me.timeZone?.replaceAll('_', ' ');
  place.replaceChildren(
    ...(me.displayName ? [element('span', { class: 'who-name' }, me.displayName)] : []),
    ...(me.admin ? [element('a', { href: '/operator.html', class: 'to-operator' }, 'Operator')] : []),
    button(zone ?? 'No time zone', () => zoneDialog(me.timeZone, saveZone), {
      class: 'quiet',
      'data-testid': 'my-zone',
      'aria-label': `${zone ? `Time zone: ${zone}` : 'No time zone'}. Change it`,
    }),
    button('Sign out', leave, { class: 'quiet', 'data-testid': 'sign-out' }),
  );
}
