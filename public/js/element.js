const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Builds an HTML element. Strings become text nodes, so data can never become markup; functions become listeners. */
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * A button whose asynchronous action runs once at a time, so that a double click is one click. Until it ends, the button
 * is marked as disabled.
 */
export function button(label, action, attributes = {}) {
  const node = element('button', { type: 'button', ...attributes }, label);
  let busy = false;
  node.addEventListener('click', async () => {
    if (busy) return;
    busy = true;
    node.setAttribute('aria-busy', 'true');
    node.setAttribute('aria-disabled', 'true');
    try {
      await action();
    } finally {
      busy = false;
      node.removeAttribute('aria-busy');
      node.removeAttribute('aria-disabled');
    }
  });
  return node;
}
