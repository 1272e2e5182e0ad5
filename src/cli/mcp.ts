import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { Dispatcher } from 'undici';
import { sendToServer, ServerRefusal } from './server-api.js';
import { userId } from './tokens.js';

/** The folder that the program was built in. */
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** Names the revision of the protocol in each message, since there is no handshake. */
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** What messages are about, for the header that servers route by. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/** A JSON-RPC message, as far as it is looked at here. */
interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: { readonly protocolVersion?: unknown };
}

/** A failure in the form of the API of the same product, or a message. */
interface Refused {
  readonly jsonrpc?: unknown;
  readonly error?: { readonly code?: string; readonly message?: string };
}

/** The command by which an assistant on this machine reads a signature. */
export function mcpCommand(): Command {
  return new Command('mcp')
    .description('lets an assistant on this machine read a signature: MCP over stdin and stdout (see docs/mcp.md)')
    .option('--user <id>', 'whose signature it reads (the claim sub), where SOUL_TOKEN is not set', userId)
    .action(async ({ user }: { user?: string }) => {
      if (user === undefined && process.env['SOUL_TOKEN'] === undefined) {
        throw new ServerRefusal('NO_USER', 'Set SOUL_TOKEN to a token of the person, or name the person with --user.');
      }
      // Assistants start it in any folder. Settings and secrets are those of this one, as with npm.
      process.chdir(PROJECT);
      await new Relay(user ?? '').run();
    });
}

/** Passes messages between an assistant, one on a line, and the server's `/mcp`. */
class Relay {
  /** Agreed on by clients that begin with a handshake. */
  private agreedVersion: string | undefined;

  constructor(private readonly user: string) {}

  /** Until the assistant closes its end and has all its answers. */
  async run(): Promise<void> {
    const pending = new Set<Promise<void>>();
    for await (const line of createInterface({ input: process.stdin })) {
      if (line.trim() === '') continue;
      const passed = this.pass(line).finally(() => pending.delete(passed));
      pending.add(passed);
    }
    await Promise.all(pending);
  }

  private async pass(line: string): Promise<void> {
    const message = parsed(line);
    if (message === undefined) {
      answer({ id: null, error: { code: -32_700, message: 'Parse error: each line is one message in JSON.' } });
      return;
    }
    try {
      await this.send(line, message);
    } catch (error) {
      const words = error instanceof ServerRefusal ? `${error.code}: ${error.message}` : String(error);
      if (message.id === undefined || message.method === undefined) process.stderr.write(`${words}\n`);
      else answer({ id: message.id, error: { code: -32_603, message: words } });
    }
  }

  private async send(line: string, message: Message): Promise<void> {
    const headers = this.headersOf(message);
    const asker = { userId: this.user, admin: false };
    const reply = await sendToServer(asker, '/mcp', () => ({ method: 'POST', headers, body: line }));
    const text = await reply.body.text();
    for (const each of messagesIn(reply, text)) {
      const { result } = parsed(each) ?? {};
      if (message.method === 'initialize' && typeof result?.protocolVersion === 'string') {
        this.agreedVersion = result.protocolVersion;
      }
      process.stdout.write(`${each}\n`);
    }
  }

  /** What the protocol wants in headers over HTTP, from the message itself. */
  private headersOf({ method, params }: Message): Record<string, string> {
    const meta = params?.['_meta'] as Readonly<Record<string, unknown>> | null | undefined;
    const version = meta?.[VERSION_KEY] ?? this.agreedVersion;
    const name =
      typeof method === 'string' && Object.hasOwn(NAMED_BY, method) ? params?.[NAMED_BY[method] ?? ''] : undefined;
    return {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(typeof version === 'string' && { 'mcp-protocol-version': headerText(version) }),
      ...(typeof method === 'string' && { 'mcp-method': headerText(method) }),
      ...(typeof name === 'string' && { 'mcp-name': headerText(name) }),
    };
  }
}

/** Undefined for what is no JSON, or neither an object nor a list. */
function parsed(line: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

/** The messages of an answer, one on a line. @throws ServerRefusal for one of the API's own form */
function messagesIn({ statusCode, headers }: Dispatcher.ResponseData, text: string): string[] {
  if (text === '') return [];
  if (String(headers['content-type']).startsWith('text/event-stream')) {
    return text.split('\n').flatMap((line) => (line.startsWith('data:') ? [line.slice(5).trim()] : []));
  }
  const body = parsed(text) as Refused | undefined;
  if (Array.isArray(body) || body?.jsonrpc !== undefined) return [JSON.stringify(body)];
  const { code = 'FAILED', message = `Status ${statusCode}` } = body?.error ?? {};
  throw new ServerRefusal(code, message);
}

function answer(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

/** A header's value: other characters than those of headers as the protocol writes them. */
function headerText(text: string): string {
  const isPlain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.startsWith('=?base64?');
  return isPlain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}
