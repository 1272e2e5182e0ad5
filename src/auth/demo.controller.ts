import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';
import { isLoopbackRequest } from '../http/loopback.js';
import { Public } from './auth.guard.js';
import { timeZone } from './time-zone.js';
import { Tokens } from './tokens.js';
import { Users } from './users.js';

const demoBody = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      // Lower case can be longer than the name, and a user id has at most 200 characters.
      .max(97)
      .regex(/^[^\p{Cc}\p{Cs}]+$/u)
      .optional(),
    timeZone: timeZone.optional(),
    admin: z.boolean().optional(),
  })
  .default({});

/** Sign-in without an identity provider, for development: anybody who gives a name is that person. */
@Controller('auth')
export class DemoController {
  constructor(
    private readonly tokens: Tokens,
    private readonly users: Users,
    @InjectConfig() private readonly config: Config,
  ) {}

  @Public()
  @Post('demo')
  @HttpCode(200)
  async signIn(@Body({ schema: demoBody }) body: z.output<typeof demoBody>, @Req() request: Request) {
    if (!this.config.demo) {
      throw new ApiError(404, 'DEMO_OFF', 'Demo sign-in is off; set DEMO=true, or use a token of your issuer.');
    }
    // A proxy on this machine makes everybody look like somebody on it.
    if (body.admin && (this.config.trustProxy || !isLoopbackRequest(request))) {
      throw new ApiError(
        403,
        'FORBIDDEN',
        'Demo administrators sign in from the server’s own machine only, and through no proxy.',
      );
    }
    const userId = `demo:${body.name?.toLowerCase() ?? uuidv7()}`;
    const token = await this.tokens.issue({ userId, admin: body.admin ?? false }, '7d');
    await this.users.admit(await this.tokens.verify(token));
    await this.users.update(userId, { displayName: body.name, timeZone: body.timeZone });
    return { userId, token };
  }
}
