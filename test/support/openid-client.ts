import { join } from 'node:path';
import { AccountClient } from './account-client.js';
import type { Answer } from './api-client.js';
import { BrowserSession } from './browser-session.js';
import { Child } from './child.js';
import { freePort } from './free-port.js';
import type { RunningApp } from './running-app.js';
import { until } from './until.js';

/** With everything in it that basic authentication has to encode. */
const SECRET = 'a secret: 100% +/=';

/** Somebody at the provider: what it tells of them, and how they sign in next. */
export interface Person {
  readonly sub: string;
  readonly [claim: string]: unknown;
  /** They refuse. */
  readonly deny?: boolean;
  /** When they showed who they are, in seconds; now, where it is not given. */
  readonly at?: number;
}

/** A real OpenID provider, which the tests start when they want it. */
export class TestProvider {
  private child: Child | undefined;

  private constructor(readonly issuer: string) {}

  static async reserve(): Promise<TestProvider> {
    return new TestProvider(`http://127.0.0.1:${await freePort()}`);
  }

  /** The product's settings. */
  get env(): Readonly<Record<string, string>> {
    return {
      OIDC_ISSUER: this.issuer,
      OIDC_CLIENT_ID: 'soul signature',
      OIDC_CLIENT_SECRET: SECRET,
      OIDC_TITLE: 'Example Login',
      OIDC_SCOPES: 'openid profile email groups',
    };
  }

  async start(app: Pick<RunningApp, 'url'>): Promise<void> {
    const program = join(__dirname, 'openid-provider.js');
    const child = new Child(process.execPath, [program, new URL(this.issuer).port, app.url, SECRET]);
    this.child = child;
    await until('the OpenID provider', () => child.lines.includes('listening'));
  }

  async stop(): Promise<void> {
    await this.child?.end('SIGKILL');
  }

  /** Whoever signs in next is this person. */
  async expect(person: Person): Promise<void> {
    await this.control('person', person);
  }

  async control(what: 'person' | 'logout' | 'sign', body: unknown): Promise<any> {
    const response = await fetch(`${this.issuer}/test/${what}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`The provider could not: ${this.child?.output}`);
    return response.json();
  }
}

/** Somebody's browser: the product's page in it, and what it has of the provider. */
export class Visitor {
  readonly browser = new BrowserSession();

  constructor(
    private readonly app: Pick<RunningApp, 'url'>,
    /** What the page does. */
    readonly page = new AccountClient(app),
  ) {}

  /** @returns the address of the provider, to which the page goes */
  async begin(body: object = {}, path = '/auth/oidc/start'): Promise<string> {
    const answer: Answer = await this.page.call('POST', path, { body });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    this.browser.keep(this.app.url, answer.headers);
    return answer.body.data.authorizationUrl;
  }

  /** @returns the callback to which the provider sends the browser back */
  ask(authorizationUrl: string): Promise<string> {
    return this.browser.follow(authorizationUrl, `${this.app.url}/api/`);
  }

  /** @returns the page on which the browser lands */
  async land(callback: string): Promise<string> {
    const { status, location, headers } = await this.browser.open(callback);
    if (status !== 303) throw new Error(`${status} instead of a page`);
    const session = headers.getSetCookie().find((line) => /^session=[^;]/.test(line));
    if (session !== undefined) {
      this.page.setCookie = session;
      [this.page.cookie] = session.split(';');
    }
    return location.slice(this.app.url.length);
  }

  /** The whole way. @returns the page on which the browser lands */
  async signIn(body: object = {}, path?: string): Promise<string> {
    return this.land(await this.ask(await this.begin(body, path)));
  }
}
