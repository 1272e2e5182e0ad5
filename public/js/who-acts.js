/** Who can mend a problem, as a sentence for the person; `title` is the platform's. */
export function whoActs({ actor }, title) {
  switch (actor) {
    case 'person':
      return 'You can mend this yourself.';
    case 'operator':
      return 'Only the operator of this server can mend this; you need not do anything.';
    case 'provider':
      return `Only ${title} can mend this. Try again in a few minutes.`;
    default:
      return 'You need not do anything.';
  }
}
