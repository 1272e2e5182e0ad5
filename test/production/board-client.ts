import type { RunningApp } from '../support/running-app.js';

/** What Bull Board answers. */
export interface BoardAnswer {
  readonly status: number;
  readonly body: any;
}

/** The requests that Bull Board's page makes. */
export class BoardClient {
  constructor(
    private readonly app: Pick<RunningApp, 'url'>,
    private readonly token: string,
  ) {}

  async call(method: string, path: string, body?: object): Promise<BoardAnswer> {
    const response = await fetch(`${this.app.url}/api/queues/dashboard/api/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** Does it, or throws the board's answer. */
  async order(method: string, path: string, body?: object): Promise<any> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** A queue as the page lists it: counts, and one page of the jobs in a state. */
  async queue(name = 'extraction', status = 'latest', page = 1, jobsPerPage = 100): Promise<any> {
    const query = new URLSearchParams({
      activeQueue: name,
      status,
      page: String(page),
      jobsPerPage: String(jobsPerPage),
    });
    const { queues } = await this.order('GET', `queues?${query.toString()}`);
    return queues.find((queue: any) => queue.name === name);
  }

  /** A job as the page shows it, with its state. */
  job(id: string, queue = 'extraction'): Promise<BoardAnswer> {
    return this.call('GET', `queues/${queue}/${id}`);
  }

  logs(id: string, queue = 'extraction'): Promise<string[]> {
    return this.order('GET', `queues/${queue}/${id}/logs`);
  }
}
