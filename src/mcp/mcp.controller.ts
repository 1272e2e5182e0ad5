import { Controller, Get, HttpCode, Logger, Post, Req, Res } from '@nestjs/common';
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { Request as HttpRequest, Response as HttpResponse } from 'express';
import { Caller, Public } from '../auth/auth.guard.js';
import { ScopedInside } from '../auth/scoped.js';
import type { Identity } from '../auth/tokens.js';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';
import { AssistantTools } from './assistant-tools.js';

/** The headers that the protocol reads. The bearer token stays outside. */
const HEADERS = ['accept', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name'];

/**
 * The Model Context Protocol over HTTP, outside `/api`: the revision of 2026-07-28, and for older clients those with a
 * handshake. Stateless: each request is answered alone and whole.
 */
@Controller('mcp')
export class McpController {
  private readonly logger = new Logger('Assistants');

  constructor(
    private readonly tools: AssistantTools,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** Each tool asks for its scope. */
  @ScopedInside('signature:read', 'items:read')
  @Post()
  @HttpCode(200)
  async answer(
    @Caller() identity: Identity,
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
  ): Promise<void> {
    const handler = createMcpHandler(() => this.tools.serverFor(identity), {
      keepAliveMs: 0, // No answer takes long: a subscription ends at once, because nothing is ever announced.
      onerror: (error) => this.logger.debug(error.message),
    });
    const body: unknown = request.body;
    if (Array.isArray(body)) throw new ApiError(400, 'INVALID_REQUEST', 'Send one message a request.');
    const answer = await handler.fetch(
      this.asWebRequest(request, body),
      body === undefined ? {} : { parsedBody: body },
    );
    response.status(answer.status);
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  /** Clients of older revisions ask for a stream of messages. There is none. */
  @Public()
  @Get()
  refuse(@Res({ passthrough: true }) response: HttpResponse): never {
    response.setHeader('Allow', 'POST');
    throw new ApiError(
      405,
      'METHOD_NOT_ALLOWED',
      'Assistants send POST with a bearer token here: it is the address for the Model Context Protocol, see docs/mcp.md.',
    );
  }

  private asWebRequest({ headers: given }: HttpRequest, body: unknown): Request {
    const headers = HEADERS.flatMap((name): [string, string][] => {
      const value = given[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    return new Request(`${this.config.publicUrl}/mcp`, {
      method: 'POST',
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
}
