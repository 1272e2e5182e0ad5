import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { AdminOnly } from '../auth/auth.guard.js';
import { Scoped } from '../auth/scoped.js';
import { positionOf } from '../http/page.js';
import { storableText } from '../http/storable-text.js';
import { KeyRotation, type RotationPosition } from './key-rotation.js';

const rotateBody = z
  .strictObject({ cursor: positionOf<RotationPosition>(z.tuple([storableText(200), storableText(50)])) })
  .default({ cursor: undefined });

/** The keys that seal tokens, by id; the keys themselves are never shown. */
@Controller('keys')
export class KeysController {
  constructor(private readonly rotation: KeyRotation) {}

  @AdminOnly()
  @Scoped('admin:read')
  @Get()
  show() {
    return this.rotation.show();
  }

  /** Seals one step of tokens with the current key. Call it with `nextCursor` until that is null to seal all. */
  @AdminOnly()
  @Scoped('admin')
  @Post('rotate')
  @HttpCode(200)
  async rotate(@Body({ schema: rotateBody }) { cursor }: z.output<typeof rotateBody>) {
    const { rotated, unreadable, next } = await this.rotation.step(cursor);
    const nextCursor = next === undefined ? null : Buffer.from(JSON.stringify(next)).toString('base64url');
    return { rotated, unreadable, nextCursor };
  }
}
