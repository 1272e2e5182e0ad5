import { Injectable } from '@nestjs/common';
import { ProgramTokens } from './access-tokens/program-tokens.js';
import { isForPrograms } from './access-tokens/token-format.js';
import { Tokens, type Identity } from './tokens.js';

/** Whoever sends a token, of whichever kind. */
@Injectable()
export class Bearers {
  constructor(
    private readonly tokens: Tokens,
    private readonly programTokens: ProgramTokens,
  ) {}

  /**
   * @param address of the network
   * @throws ApiError as `Tokens.verify` and `ProgramTokens.verify` do
   */
  verify(token: string, address: string | undefined): Promise<Identity> {
    return isForPrograms(token) ? this.programTokens.verify(token, address) : this.tokens.verify(token);
  }

  /** Whether checking it asks the database about something that may be made up. */
  isGuess(token: string): boolean {
    return isForPrograms(token) && !this.programTokens.isKnown(token);
  }
}
