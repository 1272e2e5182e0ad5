import type { RunningApp } from './running-app.js';
import { PATIENCE_MS, until } from './until.js';

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The envelope. */
  readonly body: any;
}

/** A failure as the API returned it. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(readonly answer: Answer) {
    super(`${answer.status} ${JSON.stringify(answer.body)}`);
  }

  get code(): string {
    return this.answer.body?.error?.code;
  }
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a provider sends back with the browser. */
export type ProviderAnswer = Readonly<Record<'code' | 'state' | 'error', string | undefined>>;

const ENDED = ['completed', 'failed', 'cancelled', 'expired'];

/** A program that uses the API as one person. */
export class ApiClient {
  constructor(
    readonly app: Pick<RunningApp, 'url'>,
    readonly token?: string,
    readonly userId = '',
  ) {}

  /** A person of the demo; without a name a new one. */
  static async signIn(
    app: Pick<RunningApp, 'url'>,
    who: { readonly name?: string; readonly timeZone?: string; readonly admin?: boolean } = {},
  ): Promise<ApiClient> {
    const { token, userId } = await new ApiClient(app).post('/auth/demo', who);
    return new ApiClient(app, token, userId);
  }

  /** One request below `/api`; whatever comes is an answer. */
  async call(method: string, path: string, { body, headers = {} }: CallOptions = {}): Promise<Answer> {
    const response = await fetch(`${this.app.url}/api${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** Sends files as a browser's form does. */
  async upload(
    files: readonly { readonly name: string; readonly content: string | Buffer }[],
    query = '',
    fields: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.set(field, value);
    for (const { name, content } of files) form.append('file', new Blob([content]), name);
    const response = await fetch(`${this.app.url}/api/imports${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, ...headers },
      body: form,
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  /** The answer's data. @throws Refused */
  async get(path: string): Promise<any> {
    return dataOf(await this.call('GET', path));
  }

  /** @throws Refused */
  async post(path: string, body?: unknown): Promise<any> {
    return dataOf(await this.call('POST', path, { body }));
  }

  /** @throws Refused */
  async patch(path: string, body: unknown): Promise<any> {
    return dataOf(await this.call('PATCH', path, { body }));
  }

  /** @throws Refused */
  async delete(path: string): Promise<any> {
    return dataOf(await this.call('DELETE', path));
  }

  /** All rows of a list, over all its pages. */
  async all(path: string, limit = 200): Promise<any[]> {
    const rows: any[] = [];
    for (let cursor: string | null = null; ;) {
      const query = new URLSearchParams({ limit: String(limit), ...(cursor !== null && { cursor }) });
      const answer = await this.call('GET', `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`);
      rows.push(...dataOf(answer));
      cursor = answer.body.page.nextCursor;
      if (cursor === null) return rows;
    }
  }

  /** The durable events after a number, over all pages. */
  async events(since = 0): Promise<any[]> {
    const events: any[] = [];
    for (let from = since; ;) {
      const answer = await this.call('GET', `/events?limit=200&since=${from}`);
      events.push(...dataOf(answer));
      if (answer.body.page.nextCursor === null) return events;
      from = events.at(-1).seq;
    }
  }

  async typesOfEvents(since = 0): Promise<string[]> {
    return (await this.events(since)).map((event) => event.type);
  }

  /** Begins a connect. */
  authorize(
    platform = 'spotify',
    body: object = {},
  ): Promise<{ connectId: string; authorizationUrl: string; state: string }> {
    return this.post(`/connectors/${platform}/authorize`, body);
  }

  /** Ends a connect with what the provider answered. */
  callback(answer: Partial<ProviderAnswer>, platform = 'spotify'): Promise<{ jobId: string; queued: boolean }> {
    return this.post('/connectors/callback', { platform, ...answer });
  }

  /** Connects as a persona of the sandbox, whose consent page decides without a browser. */
  async connect(persona: string, platform = 'spotify'): Promise<{ jobId: string; queued: boolean }> {
    const { authorizationUrl } = await this.authorize(platform);
    return this.callback(await decide(authorizationUrl, persona), platform);
  }

  /** Begins an extraction as a browser's connect does: without waiting for its end, or for the process to survive it. */
  async beginConnect(persona: string): Promise<{ jobId: string }> {
    const { authorizationUrl, connectId } = await this.authorize();
    void this.callback(await decide(authorizationUrl, persona)).catch(() => undefined);
    return until('the job', async () => {
      const { jobId } = await this.get(`/connectors/connects/${connectId}`);
      return jobId !== undefined && { jobId };
    });
  }

  /** The job when it has ended, however. */
  endOf(jobId: string, limitMs = PATIENCE_MS): Promise<any> {
    return this.job(jobId, ENDED, limitMs);
  }

  /** The job when it has reached one of these states. */
  job(jobId: string, states: readonly string[], limitMs = PATIENCE_MS): Promise<any> {
    return until(
      `job ${jobId} to be ${states.join(' or ')}`,
      async () => {
        const job = await this.get(`/jobs/${jobId}`);
        if (!states.includes(job.state)) throw new Error(`it is ${job.state}: ${job.failedReason}`);
        return job;
      },
      { limitMs },
    );
  }

  /** The newest event of a type once there is one after `since`. */
  event(type: string, since = 0, limitMs = PATIENCE_MS): Promise<any> {
    return until(`event ${type}`, async () => (await this.events(since)).findLast((event) => event.type === type), {
      limitMs,
    });
  }

  /** How many items of each kind there are; an item that is listed twice is an error. */
  async itemCounts(): Promise<Record<string, number>> {
    const items = await this.all('/extraction/items');
    const ids = new Set(items.map(({ platform, kind, externalId }) => JSON.stringify([platform, kind, externalId])));
    if (ids.size !== items.length) throw new Error(`${items.length - ids.size} items are listed twice`);
    const counts: Record<string, number> = {};
    for (const { kind } of items) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }
}

/** What the sandbox's consent page sends back when a persona allows, or denies. */
export async function decide(
  authorizationUrl: string,
  persona: string,
  decision: 'allow' | 'deny' = 'allow',
): Promise<ProviderAnswer> {
  const query = new URLSearchParams({ persona, decision });
  const response = await fetch(`${authorizationUrl}&${query.toString()}`, { redirect: 'manual' });
  return answerIn(response.headers.get('location') ?? '');
}

/** The provider's answer in the address it sends the browser to. */
export function answerIn(address: string): ProviderAnswer {
  const { searchParams } = new URL(address);
  const [code, state, error] = ['code', 'state', 'error'].map((name) => searchParams.get(name) ?? undefined);
  return { code, state, error };
}

function dataOf(answer: Answer): any {
  if (answer.body?.success !== true) throw new Refused(answer);
  return answer.body.data;
}
