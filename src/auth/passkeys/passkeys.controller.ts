import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { ApiError } from '../../http/api-error.js';
import { Caller } from '../auth.guard.js';
import { Scoped } from '../scoped.js';
import { requireRecentSession } from '../sessions/recent-sign-in.js';
import type { Identity } from '../tokens.js';
import { attestation } from './passkey-answers.js';
import { PasskeyRegistration } from './passkey-registration.js';
import { Passkeys } from './passkeys.js';

const name = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u);

const newPasskey = z.strictObject({ name, credential: attestation });
const changes = z.strictObject({ name });

/** One's own passkeys. To add or remove one needs a session that has just begun: whoever can do that can come in. */
@Controller('me/passkeys')
export class PasskeysController {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly registration: PasskeyRegistration,
  ) {}

  @Scoped('account')
  @Get()
  list(@Caller() { userId }: Identity) {
    return this.passkeys.list(userId);
  }

  /** `PublicKeyCredentialCreationOptionsJSON`, for one new passkey within minutes. */
  @Scoped('account')
  @Post('options')
  @HttpCode(200)
  options(@Caller() identity: Identity, @Req() { ip }: Request) {
    requireRecentSession(identity);
    return this.registration.options(identity.userId, ip);
  }

  /** `credential` is `RegistrationResponseJSON`. */
  @Scoped('account')
  @Post()
  add(
    @Caller() identity: Identity,
    @Body({ schema: newPasskey }) { name: given, credential }: z.output<typeof newPasskey>,
  ) {
    requireRecentSession(identity);
    return this.registration.add(identity.userId, given, credential);
  }

  @Scoped('account')
  @Patch(':id')
  async rename(
    @Caller() { userId }: Identity,
    @Param('id') id: string,
    @Body({ schema: changes }) { name: given }: z.output<typeof changes>,
  ) {
    const renamed = isId(id) ? await this.passkeys.rename(userId, id, given) : undefined;
    if (!renamed) throw passkeyNotFound();
    return renamed;
  }

  @Scoped('account')
  @Delete(':id')
  async remove(@Caller() identity: Identity, @Param('id') id: string): Promise<null> {
    requireRecentSession(identity);
    if (!isId(id) || !(await this.passkeys.remove(identity.userId, id))) throw passkeyNotFound();
    return null;
  }
}

function isId(id: string): boolean {
  return z.uuid().safeParse(id).success;
}

function passkeyNotFound(): ApiError {
  return new ApiError(404, 'PASSKEY_NOT_FOUND', 'You have no such passkey.');
}
