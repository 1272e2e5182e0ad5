/**
 * What the callback does, in one script: use the state up, ask for the tokens, write the same rows in one
 * transaction, add one Bull job, answer. No framework, no layers, nothing that could be reused. It is what the product
 * is measured against, as a process of its own with the same routes.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import Queue from 'bull';
import { jwtVerify } from 'jose';
import { Pool } from 'pg';
import { uuidv7 } from 'uuidv7';

const { PORT = '', DATABASE_URL = '', REDIS_URL = '', QUEUE_PREFIX = '', TOKEN_URL = '' } = process.env;
const secret = new TextEncoder().encode(process.env['JWT_SECRET']);
const key = Buffer.from(process.env['ENCRYPTION_KEY'] ?? '', 'base64');
const pool = new Pool({ connectionString: DATABASE_URL, max: 10 });
const queue = new Queue('extraction', REDIS_URL, { prefix: QUEUE_PREFIX });
const redirectUri = `http://127.0.0.1:${PORT}/api/connectors/spotify/callback`;

interface Begun {
  id: string;
  user_id: string;
  verifier: string;
  return_to: string;
}

interface Grant {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  scope: string;
}

createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    response.writeHead(500).end(String(error));
  });
}).listen(Number(PORT), '127.0.0.1');

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', redirectUri);
  if (url.pathname === '/health') {
    response.end('ok');
  } else if (url.pathname === '/api/connectors/spotify/authorize') {
    await authorize(await userOf(request), response);
  } else if (request.method === 'GET') {
    const browser = /connect_[^=]*=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
    const { code = '', state = '' } = Object.fromEntries(url.searchParams);
    const { returnTo } = await complete(code, state, 'browser_hash', hash(browser));
    response.writeHead(303, { location: `${returnTo}?connected=spotify` }).end();
  } else {
    const userId = await userOf(request);
    const { code, state } = JSON.parse(await bodyOf(request)) as { code: string; state: string };
    const { jobId } = await complete(code, state, 'user_id', userId);
    const data = { platform: 'spotify', connected: true, jobId, queued: true };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ success: true, data }));
  }
}

/** Not measured. */
async function authorize(userId: string, response: ServerResponse): Promise<void> {
  const id = uuidv7();
  const [state, browser, verifier] = [word(), word(), word()];
  await pool.query('INSERT INTO users (id) VALUES ($1) ON CONFLICT DO NOTHING', [userId]);
  await pool.query(
    `INSERT INTO connects (id, user_id, platform, state_hash, browser_hash, verifier, redirect_uri, return_to, expires_at)
     VALUES ($1, $2, 'spotify', $3, $4, $5, $6, '/', now() + interval '10 minutes')`,
    [id, userId, hash(state), hash(browser), seal(verifier, userId), redirectUri],
  );
  response
    .writeHead(200, { 'set-cookie': `connect_${id}=${browser}; HttpOnly`, 'content-type': 'application/json' })
    .end(JSON.stringify({ success: true, data: { connectId: id, state } }));
}

async function complete(code: string, state: string, endedBy: 'browser_hash' | 'user_id', ender: Buffer | string) {
  // Used up first, so that of two callbacks with the same state only one continues.
  const { rows } = await pool.query<Begun>(
    `UPDATE connects SET status = 'exchanging'
     WHERE state_hash = $1 AND ${endedBy} = $2 AND status = 'pending' AND expires_at > now()
     RETURNING id, user_id, verifier, return_to`,
    [hash(state), ender],
  );
  const [begun] = rows;
  if (!begun) throw new Error('No such connect');
  const userId = begun.user_id;
  const answer = await fetch(TOKEN_URL, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('bench:bench-secret').toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: open(begun.verifier, userId),
    }),
  });
  const grant = (await answer.json()) as Grant;
  const jobId = uuidv7();
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`UPDATE connects SET status = 'connected', verifier = NULL, job_id = $2 WHERE id = $1`, [
      begun.id,
      jobId,
    ]);
    await client.query(
      `INSERT INTO connections
         (user_id, platform, origin, status, scopes, access_token, refresh_token, access_expires_at, connected_at)
       VALUES ($1, 'spotify', 'real', 'connected', $2, $3, $4, now() + $5 * interval '1 s', now())
       ON CONFLICT (user_id, platform) DO UPDATE SET status = 'connected', scopes = excluded.scopes,
         access_token = excluded.access_token, refresh_token = excluded.refresh_token`,
      [
        userId,
        grant.scope.split(' '),
        seal(grant.access_token, userId),
        seal(grant.refresh_token, userId),
        grant.expires_in,
      ],
    );
    await client.query(
      `INSERT INTO jobs (id, name, queue, user_id, platform, data, trigger, max_attempts, priority, run_at)
       VALUES ($1, 'extract-platform', 'extraction', $2, 'spotify', $3, 'connect', 3, 1, now())`,
      [jobId, userId, JSON.stringify({ userId, platform: 'spotify' })],
    );
    await client.query(
      `WITH next AS (UPDATE users SET seq = seq + 2 WHERE id = $1 RETURNING id, seq)
       INSERT INTO events (user_id, seq, type, payload)
       SELECT id, seq - 1, 'extraction_queued', $2::jsonb FROM next
       UNION ALL SELECT id, seq, 'connection_status', $3::jsonb FROM next`,
      [
        userId,
        JSON.stringify({ jobId, platform: 'spotify' }),
        JSON.stringify({ platform: 'spotify', status: 'connected' }),
      ],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
  await queue.add(
    'extract-platform',
    { jobId, userId, platform: 'spotify' },
    { jobId, priority: 1, removeOnComplete: 100, removeOnFail: 200 },
  );
  return { jobId, returnTo: begun.return_to };
}

async function userOf(request: IncomingMessage): Promise<string> {
  const token = (request.headers.authorization ?? '').replace('Bearer ', '');
  return (await jwtVerify(token, secret)).payload.sub ?? '';
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function word(): string {
  return randomBytes(32).toString('base64url');
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function seal(text: string, userId: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(userId));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return [iv, sealed, cipher.getAuthTag()].map((part) => part.toString('base64url')).join('.');
}

function open(text: string, userId: string): string {
  const [iv, sealed, tag] = text.split('.').map((part) => Buffer.from(part, 'base64url')) as [Buffer, Buffer, Buffer];
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(userId)).setAuthTag(tag);
  return decipher.update(sealed, undefined, 'utf8') + decipher.final('utf8');
}
