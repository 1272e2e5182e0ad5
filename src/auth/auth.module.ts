import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard } from './auth.guard.js';
import { DemoController } from './demo.controller.js';
import { MeController } from './me.controller.js';
import { Tokens } from './tokens.js';
import { Users } from './users.js';

/** Who is asking. Every route asks for a token unless it says `@Public()`. */
@Global()
@Module({
  controllers: [DemoController, MeController],
  providers: [Tokens, Users, { provide: APP_GUARD, useClass: AuthGuard }],
  exports: [Tokens, Users],
})
export class AuthModule {}
