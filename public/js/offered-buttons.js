/** Replaces the buttons in `place`; if a focused one is removed, the first new one gets the focus. */
export function offer(place, ...wanted) {
  const buttons = wanted.filter(Boolean);
  if (buttons.length === place.children.length && buttons.every((node, i) => node === place.children[i])) return;
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  place.replaceChildren(...buttons);
  if (focused) (buttons.includes(focused) ? focused : buttons[0])?.focus({ preventScroll: true });
}
