import { lastDayIndex, type LocalDay, localDay, usualMoment } from '../local-day.js';
import { SeededRandom } from '../seeded-random.js';
import { NOUNS } from '../words.js';
import { type GitHubUser, person } from './catalogue.js';
import { hexId } from './github-id.js';
import type { Persona, Project } from './persona.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const FORK_HISTORY_DAYS = 60;

/** One commit; times in ms since the epoch. */
export interface Commit {
  readonly sha: string;
  /** When it was written. */
  readonly at: number;
  /** When it got its place in the history: later than `at` after a rebase. */
  readonly committedAt: number;
  readonly message: string;
  readonly author: GitHubUser;
  /** Whether GitHub knows whose e-mail address the author used; where not, `author` is null in its answer. */
  readonly linked: boolean;
  /** Made by GitHub's merge button. */
  readonly merge: boolean;
}

/** The commits of one project, generated day by day from seeds; later days only add to them. */
export class ProjectHistory {
  private readonly since: string;
  private readonly own: GitHubUser;
  private soFar: readonly Commit[] = [];
  private daysTold = 0;
  readonly createdAt: number;

  constructor(
    private readonly persona: Persona,
    private readonly project: Project,
    own: GitHubUser,
  ) {
    this.own = own;
    const from = Date.parse(`${project.from}T00:00:00Z`);
    this.since = new Date(from - (project.fork ? FORK_HISTORY_DAYS * DAY_MS : 0)).toISOString().slice(0, 10);
    const random = new SeededRandom(`github/created/${persona.id}/${project.name}`);
    this.createdAt = usualMoment(persona, localDay(persona, project.from, 0), random);
  }

  /** All commits that were in the history by `now`, oldest first. */
  by(now: number): readonly Commit[] {
    const added: Commit[] = [];
    for (; this.daysTold <= lastDayIndex(this.since, now); this.daysTold += 1) {
      const day = localDay(this.persona, this.since, this.daysTold);
      added.push(...this.ownOn(day), ...this.othersOn(day));
    }
    if (added.length > 0) this.soFar = [...this.soFar, ...added].sort((a, b) => a.committedAt - b.committedAt);
    return this.soFar.filter(({ committedAt }) => committedAt <= now);
  }

  private ownOn(day: LocalDay): readonly Commit[] {
    const { persona, project } = this;
    if (day.date < project.from || day.date > (project.until ?? '9999') || project.work === 0) return [];
    const random = new SeededRandom(`github/commits/${persona.id}/${project.name}/${day.date}`);
    const first = day.date === project.from && !project.fork;
    if (!first && !(codesOn(persona, day) && random.chance(project.work))) return [];
    const commits: Commit[] = [];
    let at = usualMoment(persona, day, random);
    for (let left = random.between(...project.commits); left > 0; left -= 1) {
      const rebased = random.chance(0.04) ? random.between(30, 900) * MINUTE_MS : 0;
      commits.push(this.commit(random, `own/${day.date}/${left}`, at, this.own, rebased));
      at = random.chance(0.5) ? usualMoment(persona, day, random) : at + random.between(4, 40) * MINUTE_MS;
    }
    const afterCreation = commits.filter((commit) => commit.at > this.createdAt);
    if (!first) return afterCreation;
    const initial = this.commit(random, 'initial', this.createdAt + random.between(1, 6) * MINUTE_MS, this.own);
    return [{ ...initial, message: 'Initial commit', merge: false }, ...afterCreation];
  }

  private othersOn(day: LocalDay): readonly Commit[] {
    const { others, fork, from, name } = this.project;
    if (others === undefined || (fork && day.date >= from)) return [];
    const random = new SeededRandom(`github/others/${this.persona.id}/${name}/${day.date}`);
    return Array.from({ length: random.between(...others.perDay) }, (_, index) => {
      const at = day.startsAt + random.between(7 * 60, 23 * 60) * MINUTE_MS;
      const commit = this.commit(random, `others/${day.date}/${index}`, at, person(random.pick(others.people)));
      return { ...commit, linked: random.chance(0.9) };
    }).filter(({ at }) => fork === true || at > this.createdAt);
  }

  private commit(random: SeededRandom, key: string, at: number, author: GitHubUser, rebased = 0): Commit {
    const merge = this.project.others !== undefined && rebased === 0 && random.chance(0.06);
    return {
      sha: hexId('commit', `${this.persona.id}/${this.project.name}/${key}`),
      at,
      committedAt: at + rebased,
      message: merge ? `Merge pull request #${random.between(1, 900)} from ${author.login}/patch` : changeTitle(random),
      author,
      linked: true,
      merge,
    };
  }
}

/** What a commit, an issue or a pull request is about. */
export function changeTitle(random: SeededRandom): string {
  const verb = random.pick(['Add', 'Fix', 'Rename', 'Remove', 'Speed up', 'Document', 'Test', 'Simplify']);
  const thing = random.pick(['parser', 'cache', 'view', 'loop', 'export', 'timer', 'settings', 'index']);
  return `${verb} the ${random.pick(NOUNS).toLowerCase()} ${thing}`;
}

function codesOn(persona: Persona, day: LocalDay): boolean {
  const { weekday, weekend } = persona.habits.code;
  return new SeededRandom(`github/codes/${persona.id}/${day.date}`).chance(day.weekend ? weekend : weekday);
}
