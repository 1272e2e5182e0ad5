/**
 * What a sign-in does, in one script: find the account, verify the password, write the session, answer with the cookie. No
 * limit on guesses, no framework. It is what the product is measured against.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { verify } from '@node-rs/argon2';
import { Pool } from 'pg';
import { uuidv7 } from 'uuidv7';

const { PORT = '', DATABASE_URL = '' } = process.env;
const pool = new Pool({ connectionString: DATABASE_URL, max: 10 });

createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    response.writeHead(500).end(String(error));
  });
}).listen(Number(PORT), '127.0.0.1');

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/health') {
    response.end('ok');
    return;
  }
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { username, password } = JSON.parse(body) as { username: string; password: string };
  const { rows } = await pool.query<{ userId: string; hash: string }>(
    'SELECT user_id AS "userId", password_hash AS hash FROM accounts WHERE username_key = $1',
    [username],
  );
  const [account] = rows;
  if (!account || !(await verify(account.hash, password))) throw new Error('No such account');
  const secret = randomBytes(32).toString('base64url');
  await pool.query('INSERT INTO sessions (id, user_id, hash, admin) VALUES ($1, $2, $3, false)', [
    uuidv7(),
    account.userId,
    createHash('sha256').update(secret).digest(),
  ]);
  response
    .writeHead(200, { 'set-cookie': `session=${secret}; HttpOnly`, 'content-type': 'application/json' })
    .end(JSON.stringify({ success: true, data: { userId: account.userId } }));
}
