import { post } from './api.js';
import { element } from './element.js';

/** Where a provider lets people make such a token. */
const MADE_AT = { github: 'https://github.com/settings/personal-access-tokens/new' };

function hint({ name, title, mode }) {
  const where = MADE_AT[name]
    ? element('a', { href: MADE_AT[name], target: '_blank', rel: 'noreferrer' }, `Make one at ${title}`)
    : `Make one at ${title}`;
  return [
    where,
    ' that can read and nothing else; the narrowest is enough. We refuse any that may change something.',
    mode === 'sandbox' && ` With your own, your real ${title} is read, not the sandbox.`,
  ];
}

/** The server's message, except for a text that cannot be a token, where the message would speak of a request. */
function wrong({ code, message }, title) {
  return code === 'INVALID_INPUT' ? `That does not look like a ${title} token.` : message;
}

/**
 * The other way to connect: a token that the person made at the provider. It is sent to this server only; an
 * error is shown beside it. `act` as everywhere, `connected(data)` after success.
 */
export function tokenForm(platform, { act, connected }) {
  const { name, title } = platform;
  const id = `token-${name}`;
  const problem = element('p', { class: 'problem', id: `${id}-problem`, role: 'alert' });
  const input = element('input', {
    id,
    type: 'password',
    required: true,
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    'aria-describedby': `${id}-hint ${id}-problem`,
    'data-testid': id,
  });
  const submit = element('button', { type: 'submit', 'data-testid': `${id}-submit` }, 'Connect with it');

  function say(error) {
    problem.textContent = error ? wrong(error, title) : '';
    if (error) {
      problem.dataset.code = error.code;
      input.setAttribute('aria-invalid', 'true');
    } else {
      delete problem.dataset.code;
      input.removeAttribute('aria-invalid');
    }
  }
  async function send() {
    const token = input.value;
    input.value = '';
    try {
      const { data } = await post(`/api/connectors/${name}/token`, { token: token.trim() });
      node.open = false;
      connected(data);
    } catch (error) {
      input.value = token;
      throw error;
    }
  }
  async function onSubmit(event) {
    event.preventDefault();
    submit.disabled = true;
    say(null);
    await act(async () => {
      try {
        await send();
      } catch (error) {
        if (error.signedOut || !error.code) throw error;
        say(error);
        input.focus();
      }
    });
    submit.disabled = false;
  }

  const node = element(
    'details',
    { class: 'token' },
    element('summary', { 'data-testid': `${id}-open` }, 'or use a read-only token'),
    element(
      'form',
      { class: 'inline-form', submit: onSubmit },
      element(
        'div',
        { class: 'field' },
        element('label', { for: id }, `Your ${title} token`),
        input,
        problem,
        element('p', { class: 'hint', id: `${id}-hint` }, hint(platform)),
      ),
      submit,
    ),
  );
  return node;
}
