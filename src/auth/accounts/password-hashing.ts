import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { serverBusy } from '../../http/server-busy.js';
import { normalizedPassword } from './passwords.js';

/** Argon2id with 19 MiB, two passes and one lane: the least that OWASP's password storage cheat sheet asks for. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** What begins every hash with these parameters. */
const BEGINNING = '$argon2id$v=19$m=19456,t=2,p=1$';

/** How many are made at once: the threads that do it also read files and names of hosts for everybody. */
const AT_ONCE = 2;

/** How many more may wait, for a few seconds at most. */
const MOST_WAITING = 50;

/** Hashes passwords (Argon2id, RFC 9106), off the event loop and a few at once. */
@Injectable()
export class PasswordHashing {
  /** For names that nobody has: no password has it, and finding that out takes as long as with the others. */
  private readonly nobodys = `${BEGINNING}${encoded(16)}$${encoded(32)}`;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @throws ApiError 503 `SERVER_BUSY` when too many wait already */
  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(normalizedPassword(password), PARAMETERS));
  }

  /**
   * Whether the password has this hash; without one it takes the same time.
   * @throws ApiError as above
   */
  async verify(known: string | undefined, password: string): Promise<boolean> {
    const right = await this.inTurn(() => verify(known ?? this.nobodys, normalizedPassword(password)));
    return right && known !== undefined;
  }

  /** Whether a hash was made with other parameters than new ones are. */
  isOutdated(known: string): boolean {
    return !known.startsWith(BEGINNING);
  }

  private async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running < AT_ONCE) this.running += 1;
    else {
      if (this.waiting.length >= MOST_WAITING) throw serverBusy();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}

/** Random bytes in the base64 of PHC's string format. */
function encoded(bytes: number): string {
  return randomBytes(bytes).toString('base64').replace(/=+$/, '');
}
