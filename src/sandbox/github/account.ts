import { localDay, usualMoment } from '../local-day.js';
import { SeededRandom } from '../seeded-random.js';
import { type GitHubUser, organisation, person } from './catalogue.js';
import { type Commit, ProjectHistory } from './commits.js';
import { numericId } from './github-id.js';
import { type Act, Life } from './life.js';
import type { Persona, Project } from './persona.js';
import { PERSONAS } from './personas.js';

/** One of the repositories a persona works in, as it is at a moment. */
export interface Repository {
  readonly id: number;
  readonly owner: GitHubUser;
  readonly name: string;
  /** The name it had before, if it was renamed by now. */
  readonly formerName: string | null;
  readonly project: Project;
  readonly createdAt: number;
  /** All commits, oldest first. */
  readonly commits: readonly Commit[];
  /** Bytes of code per language, the most first. */
  readonly languages: Readonly<Record<string, number>>;
}

/** A persona's account, with everything that was ever done in it. */
export class Account {
  readonly user: GitHubUser;
  readonly createdAt: number;
  private readonly life: Life;
  private readonly histories: ReadonlyMap<Project, ProjectHistory>;

  constructor(readonly persona: Persona) {
    const { login, name, since } = persona;
    this.user = { id: numericId('account', login), login, name, type: 'User' };
    this.life = new Life(persona);
    this.histories = new Map(
      persona.projects.map((project) => [project, new ProjectHistory(persona, project, this.user)]),
    );
    const random = new SeededRandom(`github/joined/${persona.id}`);
    // The day before, so that nothing happens in it earlier.
    this.createdAt = usualMoment(persona, localDay(persona, since, -1), random);
  }

  /** The repositories there are at `now`, in the order of their making. */
  repositories(now: number): readonly Repository[] {
    return [...this.histories]
      .filter(([, { createdAt }]) => createdAt <= now)
      .map(([project, history]) => this.repository(project, history, now))
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  /** Acts of one kind up to `now`, newest first. */
  acts<Kind extends Act['kind']>(kind: Kind, now: number): readonly Extract<Act, { kind: Kind }>[] {
    return this.life
      .acts(now)
      .filter((act): act is Extract<Act, { kind: Kind }> => act.kind === kind)
      .toReversed();
  }

  organisations(): readonly GitHubUser[] {
    return this.persona.organisations.map(organisation);
  }

  following(): readonly GitHubUser[] {
    return this.people(0, this.persona.following);
  }

  followers(): readonly GitHubUser[] {
    return this.people(this.persona.following >> 1, this.persona.followers);
  }

  /** Invented people from this persona's own part of the world; followers and followed overlap. */
  private people(from: number, count: number): readonly GitHubUser[] {
    const first = 30 + PERSONAS.indexOf(this.persona) * 300 + from;
    return Array.from({ length: count }, (_, index) => person(first + index));
  }

  private ownerOf({ owner }: Project): GitHubUser {
    if (owner === null) return this.user;
    return 'person' in owner ? person(owner.person) : organisation(owner.organisation);
  }

  private repository(project: Project, history: ProjectHistory, now: number): Repository {
    const { renamed } = project;
    const isRenamed = renamed !== undefined && localDay(this.persona, renamed.on, 0).startsAt <= now;
    const commits = history.by(now);
    const bytes = commits.length === 0 ? [] : Object.entries(project.languages);
    return {
      id: numericId('repository', `${this.persona.id}/${project.name}`),
      owner: this.ownerOf(project),
      name: renamed === undefined || isRenamed ? project.name : renamed.before,
      formerName: isRenamed ? renamed.before : null,
      project,
      createdAt: history.createdAt,
      commits,
      languages: Object.fromEntries(bytes.map(([name, share]) => [name, share * (40 + 6 * commits.length)])),
    };
  }
}
