import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { ApiError } from './api-error.js';
import { jsonBody } from './json-body.js';

const answerError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  response.status(error instanceof ApiError ? error.getStatus() : 500);
  response.json({ code: error instanceof ApiError ? error.code : String(error) });
};

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);

describe('The body of a request', () => {
  let server: Server;

  beforeAll(async () => {
    const app = express()
      .use(...jsonBody)
      .post('/', (request, response) => void response.json({ length: JSON.stringify(request.body).length }))
      .use(answerError);
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  const send = async (body: string | Buffer, type = 'application/json') => {
    const { port } = server.address() as AddressInfo; // A TCP server's address is never a string.
    const headers = { 'content-type': type };
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
    return [answer.status, await answer.json()];
  };

  it.each([1, 32])('may have %d levels', async (depth) => {
    expect(await send(nested(depth, '[', ']'))).toEqual([200, { length: 2 * depth }]);
  });

  it.each([
    ['arrays', nested(33, '[', ']')],
    ['arrays up to the longest body', nested(49_999, '[', ']')],
    ['objects', `${'{"a":'.repeat(12_000)}1${'}'.repeat(12_000)}`],
    ['something beside much that is not', `{"flat":[${'1,'.repeat(20_000)}1],"deep":${nested(20_000, '[', ']')}}`],
  ])('is refused when it has too many: %s', async (_, body) => {
    expect(await send(body)).toEqual([400, { code: 'JSON_TOO_DEEP' }]);
  });

  it('is refused in another encoding than that of JSON, in which its depth is not seen', async () => {
    const body = Buffer.from(nested(1_000, '[', ']'), 'utf16le');
    expect(await send(body, 'application/json; charset=utf-16le')).toEqual([415, { code: 'UNSUPPORTED_CHARSET' }]);
  });

  it('may have brackets in its texts', async () => {
    expect((await send(JSON.stringify({ text: nested(1_000, '[{', '}]') })))[0]).toBe(200);
  });

  it('is refused when it is no JSON', async () => {
    expect(await send('[[')).toEqual([400, { code: 'MALFORMED_JSON' }]);
  });
});
