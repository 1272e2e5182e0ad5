import { upload } from './api.js';
import { button, element } from './element.js';
import { fileName, notReadWords, wayOut } from './import-words.js';
import { progressBar } from './progress.js';
import { count } from './words.js';

/** How many files the server takes at once. */
const MOST_FILES = 64;

/** Refusals after which the same files may be taken. */
const PASSING = new Set(['UPLOAD_RUNNING', 'IMPORTS_WAITING', 'STORAGE_FULL', 'UPLOAD_BROKEN_OFF', 'RATE_LIMITED']);

function mayPass({ code, status }) {
  return PASSING.has(code) || status === 0 || status >= 500;
}

function formOf(files, profile) {
  const form = new FormData();
  if (profile !== undefined) form.append('profile', profile);
  for (const file of files) form.append('file', file, file.name);
  return form;
}

/** The error's sentence; the page's own where nothing more is known than that no file is known. */
function sentence({ code, message, details }) {
  const unknown = details?.entries?.every(({ reason }) => reason === 'NOT_RECOGNIZED');
  if (code !== 'NOTHING_RECOGNIZED' || !unknown) return message;
  return details.entries.length === 1
    ? 'This is not a file that we can read.'
    : 'None of these files is one that we can read.';
}

/** What was found instead, if that is more than the sentence says. */
function foundInstead(entries = []) {
  if (entries.length < 2) return null;
  const rows = entries.map(({ name, reason }) =>
    element('li', { title: name }, `${fileName(name)}: ${notReadWords(reason)}`),
  );
  return element(
    'details',
    { class: 'more' },
    element('summary', {}, `What was found instead: ${count(entries.length, 'file')}`),
    element('ul', { class: 'file-list' }, ...rows),
  );
}

/** The question whose rows are read, where a file has those of several people. */
function profileForm(profiles, choose) {
  const choices = profiles.map((profile, index) =>
    element(
      'label',
      { class: 'check' },
      element('input', { type: 'radio', name: 'profile', value: profile, required: true, checked: index === 0 }),
      profile,
    ),
  );
  return element(
    'form',
    {
      class: 'inline-form',
      'data-testid': 'profiles',
      submit: (event) => {
        event.preventDefault();
        choose(new FormData(event.currentTarget).get('profile'));
      },
    },
    element('fieldset', {}, element('legend', {}, 'Several people use this account. Which one are you?'), ...choices),
    element('button', { type: 'submit', class: 'primary' }, 'Look at mine'),
  );
}

/**
 * Sends files to be looked into: a bar by bytes, what was wrong and what helps. `held(importId)` is awaited when they have
 * arrived; `whichFiles()` shows which can be read, `rest()` gives the focus back when nothing is left that had it.
 */
export function uploader({ act, held, whichFiles, rest }) {
  const bar = progressBar({ label: 'Sending your archive', testId: 'upload-progress' });
  const said = element('p', { class: 'hint', role: 'status', 'data-testid': 'upload-said' });
  const trouble = element('div', { class: 'trouble', role: 'alert', tabindex: -1, 'data-testid': 'upload-problem' });
  const cancel = button('Cancel', () => sending?.abort(), {
    'aria-label': 'Cancel sending',
    'data-testid': 'upload-cancel',
  });
  const actions = element('div', { class: 'actions', hidden: true }, cancel);
  const node = element('div', { class: 'upload', 'data-testid': 'upload' }, bar.node, actions, trouble, said);
  let sending = null;
  let serial = 0;

  function show(job) {
    actions.hidden = job === null;
    bar.update(job);
  }

  function refuse(error, files) {
    delete trouble.dataset.code;
    trouble.replaceChildren();
    if (!error) return;
    trouble.dataset.code = error.code;
    if (error.code === 'PROFILE_NEEDED') {
      trouble.append(profileForm(error.details.profiles, (profile) => take(files, profile)));
      return;
    }
    const help = wayOut(error.code);
    trouble.append(
      element('p', { class: 'problem' }, sentence(error)),
      ...[
        help && element('p', { class: 'hint' }, help),
        foundInstead(error.details?.entries),
        mayPass(error) && button('Send it again', () => take(files), { 'data-testid': 'upload-again' }),
        error.code === 'NOTHING_RECOGNIZED' && button('Which files can be read?', whichFiles, { class: 'quiet' }),
      ].filter(Boolean),
    );
  }

  /** The focus was on a button that is gone. */
  function regain() {
    if (trouble.childElementCount > 0) trouble.focus();
    else rest();
  }

  async function send(files, profile) {
    const id = `upload-${(serial += 1)}`;
    const sent = (bytes, of) => {
      const step = bytes < of ? 'Sending' : 'Looking into it';
      show({ id, state: 'active', progress: (100 * bytes) / of, step, bytes, of });
    };
    sent(
      0,
      files.reduce((sum, { size }) => sum + size, 1),
    );
    node.scrollIntoView({ block: 'nearest' });
    sending = new AbortController();
    try {
      const answer = await upload('/api/imports?hold=true', formOf(files, profile), { sent, signal: sending.signal });
      if (answer === null) said.textContent = 'Cancelled. Nothing was kept.';
      else await held(answer.data.importId);
    } catch (error) {
      if (error.signedOut || !error.code) throw error;
      refuse(error, files);
    } finally {
      const lost = actions.contains(document.activeElement);
      sending = null;
      show(null);
      if (lost) regain();
    }
  }

  /** A folder was dropped that is empty or cannot be read. */
  function tookNothing() {
    if (sending) return;
    refuse({ code: 'NO_FILES', message: 'No file could be read there. Choose the files themselves, with the button.' });
    node.scrollIntoView({ block: 'nearest' });
  }

  /** Sends files; one upload at a time. */
  async function take(files, profile) {
    if (files.length === 0) return;
    said.textContent = sending ? 'One after the other, please: these were not taken.' : '';
    if (sending) return;
    refuse(null);
    if (files.length > MOST_FILES) {
      const message = `These are ${count(files.length, 'file')}, and at most ${MOST_FILES} can be sent at once.`;
      refuse({ code: 'TOO_MANY_FILES', message });
    } else await act(() => send(files, profile));
    node.scrollIntoView({ block: 'nearest' });
  }
  return { node, take, tookNothing, cancel: () => sending?.abort() };
}
