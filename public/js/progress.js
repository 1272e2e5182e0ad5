import { element } from './element.js';
import { isRunning } from './jobs.js';
import { count, moment, number } from './words.js';

/** A finished extraction stays visible this long, so that a fast one is seen at all. */
const RECENT_MS = 10 * 60_000;

/** Counts down beside the step, outside the live region: a screen reader would speak every second. */
function retryWords({ state, retryAt }) {
  if (state !== 'delayed' || !retryAt) return null;
  const seconds = Math.ceil((new Date(retryAt).getTime() - Date.now()) / 1000);
  if (seconds <= 1) return 'again now';
  return seconds < 120 ? `again in ${seconds} s` : `again at ${moment(retryAt)}`;
}

function words(job) {
  const said = typeof job.message === 'string' ? job.message : '';
  switch (job.state) {
    case 'waiting':
      return 'Waiting for its turn';
    case 'paused':
      return 'Paused by the operator';
    case 'delayed':
      return said || 'Waiting to try again';
    case 'completed':
      return 'All read';
    case 'failed':
      return said || 'It did not work.';
    case 'cancelled':
      return 'Cancelled';
    case 'expired':
      return 'It waited too long and was given up';
    default:
      return job.step ?? 'Beginning';
  }
}

/** Is this job worth a bar: running, or ended so recently that its end is news? */
export function isNews(job, now = Date.now()) {
  if (!job) return false;
  return isRunning(job) || (job.finishedAt && now - new Date(job.finishedAt).getTime() < RECENT_MS);
}

/** A bar with its step, count and warnings; `update(job)` changes it in place, so that focus and screen readers stay. */
export function progressBar({ label, testId }) {
  const fill = element('div', { class: 'bar-fill' });
  const attributes = { role: 'progressbar', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100 };
  const bar = element('div', { class: 'bar', 'data-testid': testId, ...attributes }, fill);
  const step = element('span', { 'data-testid': 'progress-step', 'aria-live': 'polite' });
  const amount = element('span', { class: 'amount' });
  const warnings = element('ul', { class: 'warnings' });
  const node = element('div', { class: 'progress', hidden: true }, bar, element('p', {}, step, amount), warnings);
  let shown = null;
  let clock = null;

  function update(job) {
    clearTimeout(clock);
    node.hidden = !isNews(job);
    if (node.hidden) return;
    const floor = shown?.id === job.id ? shown.progress : 0;
    const progress = Math.max(floor, Math.round(job.progress));
    shown = { id: job.id, progress };
    node.dataset.state = job.state;
    bar.setAttribute('aria-valuenow', String(progress));
    fill.style.inlineSize = `${progress}%`;
    const said = words(job);
    if (step.textContent !== said) step.textContent = said;
    amount.textContent = [
      retryWords(job),
      job.items > 0 && count(job.items, 'item'),
      isRunning(job) && `${number(progress)} %`,
    ]
      .filter(Boolean)
      .join(' · ');
    warnings.replaceChildren(
      ...(job.warnings ?? []).map((warning) => element('li', {}, warning.message ?? warning.code)),
    );
    if (job.state === 'delayed' && job.retryAt) clock = setTimeout(() => update(job), 1000);
  }
  return { node, update };
}
