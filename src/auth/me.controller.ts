import { Body, Controller, Get, Patch } from '@nestjs/common';
import { z } from 'zod';
import { Accounts } from './accounts/accounts.js';
import { Caller } from './auth.guard.js';
import { Scoped } from './scoped.js';
import { timeZone } from './time-zone.js';
import type { Identity } from './tokens.js';
import type { User } from './user.entity.js';
import { Users } from './users.js';

const changes = z.strictObject({
  displayName: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^\P{Cc}+$/u)
    .nullable()
    .optional(),
  timeZone: timeZone.nullable().optional(),
  sensitiveTopics: z.boolean().optional(),
});

/** The caller's identity and settings. */
@Controller('me')
export class MeController {
  constructor(
    private readonly users: Users,
    private readonly accounts: Accounts,
  ) {}

  @Scoped('account')
  @Get()
  async show(@Caller() caller: Identity) {
    return this.view(await this.users.find(caller.userId), caller);
  }

  @Scoped('account')
  @Patch()
  async change(@Caller() caller: Identity, @Body({ schema: changes }) body: z.output<typeof changes>) {
    return this.view(await this.users.update(caller.userId, body), caller);
  }

  /** `username` is null for people who sign in elsewhere. */
  private async view(user: User, { admin }: Identity) {
    return {
      userId: user.id,
      username: (await this.accounts.usernameOf(user.id)) ?? null,
      displayName: user.displayName,
      timeZone: user.timeZone,
      sensitiveTopics: user.sensitiveTopics,
      plan: user.premium ? 'premium' : 'free',
      admin,
      createdAt: user.createdAt,
    };
  }
}
