import { io, type Socket } from 'socket.io-client';
import { ApiClient, type Answer, type CallOptions } from './api-client.js';
import type { RunningApp } from './running-app.js';

/** Long, and no word of anybody. */
export const PASSWORD = 'seven violet kettles';

let serial = 0;

/** A browser that uses the API with the cookie of a session, as the page does. */
export class AccountClient extends ApiClient {
  /** `name=value`; undefined while signed out. */
  cookie: string | undefined;
  /** The line of the last answer that set the cookie. */
  setCookie = '';

  /** @param headers of every request: those that a browser adds, or a proxy */
  constructor(
    app: Pick<RunningApp, 'url'>,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(app);
  }

  /** Makes an account; without a name a new one. */
  static async signUp(
    app: Pick<RunningApp, 'url'>,
    { username = `person ${process.pid} ${(serial += 1)}`, headers = {}, ...more }: SignUpOptions = {},
  ): Promise<SignedUp> {
    const browser = new AccountClient(app, headers);
    const { userId, recoveryCodes } = await browser.post('/auth/sign-up', { username, password: PASSWORD, ...more });
    return { browser, username, userId, recoveryCodes };
  }

  /** The answer to a sign-in, whatever it is. */
  signInAs(username: string, password = PASSWORD): Promise<Answer> {
    return this.call('POST', '/auth/sign-in', { body: { username, password } });
  }

  override async call(method: string, path: string, { headers = {}, ...rest }: CallOptions = {}): Promise<Answer> {
    const answer = await super.call(method, path, {
      ...rest,
      headers: {
        'sec-fetch-site': 'same-origin',
        ...(this.cookie !== undefined && { cookie: this.cookie }),
        ...this.headers,
        ...headers,
      },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      if (!/^(__Host-)?session=/.test(pair)) continue;
      this.setCookie = line;
      this.cookie = pair.endsWith('=') ? undefined : pair;
    }
    return answer;
  }

  /** An unconnected socket with the cookie, as the page of `origin` would open it. */
  socket(origin = this.app.url): Socket {
    return io(this.app.url, {
      forceNew: true,
      reconnection: false,
      transports: ['websocket'],
      extraHeaders: { cookie: this.cookie ?? '', ...this.headers, origin },
    });
  }
}

interface SignUpOptions {
  readonly username?: string;
  readonly password?: string;
  readonly invitation?: string;
  readonly timeZone?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface SignedUp {
  readonly browser: AccountClient;
  readonly username: string;
  readonly userId: string;
  readonly recoveryCodes: readonly string[];
}

/** The first event of a socket, which tells how its connection went. */
export function outcomeOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('snapshot', () => resolve('snapshot'));
    socket.once('connect_error', (error: Error) => resolve(error.message));
  });
}

/** What an invitation's link has behind its `#`. */
export function invitationIn(url: string): string {
  return new URLSearchParams(new URL(url).hash.slice(1)).get('invitation') ?? '';
}
