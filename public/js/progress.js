import { element } from './element.js';
import { ASKED_TO_WAIT, isRunning } from './jobs.js';
import { whoActs } from './who-acts.js';
import { count, fileSize, moment, momentToday, number } from './words.js';

/** How long a finished extraction stays visible, so that a fast one can be seen. */
const RECENT_MS = 10 * 60_000;

/** A countdown beside the step, outside the live region: a screen reader would read out every second. */
function retryWords(job) {
  const { state, retryAt } = job;
  if (state !== 'delayed' || !retryAt) return null;
  const seconds = Math.ceil((new Date(retryAt).getTime() - Date.now()) / 1000);
  if (seconds <= 1) return 'trying again now';
  if (seconds >= 120 && wasAsked(job)) return null; // The sentence already contains the time.
  return seconds < 120 ? `trying again in ${seconds} s` : `trying again at ${moment(retryAt)}`;
}

function wasAsked({ code, retryAt }) {
  return code === ASKED_TO_WAIT && Boolean(retryAt);
}

function words(job, title) {
  const said = job.problem?.message ?? (typeof job.message === 'string' ? job.message : '');
  switch (job.state) {
    case 'waiting':
      return 'Waiting for its turn';
    case 'paused':
      return 'Paused by the operator';
    case 'delayed':
      if (wasAsked(job)) return `${title} asked us to wait until ${momentToday(job.retryAt)}`;
      return said || 'Waiting to try again';
    case 'completed':
      return job.warnings?.length > 0 ? 'Read in part, see below' : 'All read';
    case 'failed':
      return said || 'It did not work.';
    case 'cancelled':
      return 'Stopped';
    case 'expired':
      return job.byProvider
        ? `${title} allowed nothing for a day, so this was given up`
        : 'It waited too long and was given up';
    default:
      return job.step ?? 'Beginning';
  }
}

/** Whether a job gets a bar: it is running, the newest and failed, or has ended a moment ago. */
export function isNews(job, now = Date.now()) {
  if (!job) return false;
  return (
    isRunning(job) || job.state === 'failed' || (job.finishedAt && now - new Date(job.finishedAt).getTime() < RECENT_MS)
  );
}

/** What a person can do about a failure, where the message alone does not explain it. */
const REMEDIES = {
  TIMEOUT: 'It took too long. Trying again goes on where it stopped.',
  CRASHED: 'Our program broke down. Trying again goes on where it stopped.',
};

/** Why the platform lets a job wait, or who can mend that one has failed; null where nothing is known. */
function remedy(job, title) {
  if (job.state === 'delayed' && wasAsked(job)) return job.problem?.message ?? null;
  if (job.state !== 'failed') return null;
  return job.problem ? whoActs(job.problem, title) : (REMEDIES[job.code] ?? null);
}

/** How far it is: by bytes where files are read. */
function share({ bytes, of }, progress) {
  if (!(of > 0)) return `${number(progress)} %`;
  return bytes < of ? `${fileSize(bytes)} of ${fileSize(of)}` : fileSize(of);
}

/**
 * A bar with its step and count, about reading `title` (a platform, or what `label` says); `update(job, live)` changes it in place, so that
 * focus and screen readers stay. Without a live connection it shows that its state is unknown.
 */
export function progressBar({ title, label = `Reading ${title}`, testId }) {
  const fill = element('div', { class: 'bar-fill' });
  const attributes = {
    role: 'progressbar',
    'aria-label': label,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
  };
  const bar = element('div', { class: 'bar', 'data-testid': testId, ...attributes }, fill);
  const step = element('span', { 'data-testid': 'progress-step', 'aria-live': 'polite' });
  const amount = element('span', { class: 'amount' });
  const advice = element('p', { class: 'hint', hidden: true });
  const node = element('div', { class: 'progress', hidden: true }, bar, element('p', {}, step, amount), advice);
  let shown = null;
  let clock = null;

  function update(job, live = true) {
    clearTimeout(clock);
    node.hidden = !isNews(job);
    if (node.hidden) return;
    const floor = shown?.id === job.id ? shown.progress : 0;
    const progress = Math.max(floor, Math.round(job.progress));
    shown = { id: job.id, progress };
    const unsure = !live && isRunning(job);
    node.dataset.state = unsure ? 'unsure' : job.state;
    if (unsure) bar.removeAttribute('aria-valuenow');
    else bar.setAttribute('aria-valuenow', String(progress));
    fill.style.inlineSize = `${progress}%`;
    const said = unsure ? 'No news until the connection is back' : words(job, title);
    if (step.textContent !== said) step.textContent = said;
    const help = remedy(job, title);
    advice.textContent = help ?? '';
    advice.hidden = help === null;
    amount.textContent = unsure
      ? ''
      : [retryWords(job), job.items > 0 && count(job.items, 'item'), isRunning(job) && share(job, progress)]
          .filter(Boolean)
          .join(' · ');
    if (job.state === 'delayed' && job.retryAt) clock = setTimeout(() => update(job, live), 1000);
  }
  return { node, update };
}
