import { tellConnectEnd } from './connect-window.js';
import { element } from './element.js';

const { error } = tellConnectEnd(location.search);
window.close();

// This is only seen in browsers that do not let a page close itself.
document
  .getElementById('main')
  .replaceChildren(
    element('h1', {}, error ? 'Nothing was connected.' : 'Connected.'),
    element('p', { class: 'lead' }, 'You can close this window and go on where you came from.'),
    element('p', {}, element('a', { href: `/${location.search}` }, 'Or go on here')),
  );
