import { type LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger as Pino } from 'pino';
import { pinoPretty } from './pretty.js';
import { RepeatedLines } from './repeated-lines.js';

/** Fields of logged objects whose values are never written. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'token',
  'access_token',
  'refresh_token',
  'code',
  'state',
  'client_secret',
  'code_verifier',
];

/** Contexts of Nest's own start-up lines, which are logged at level debug. */
const FRAMEWORK = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
  'WebSocketsController',
]);

/** Contexts in which Nest logs a failed start with its stack; `main.ts` prints the message for people. */
const START_FAILURES = new Set(['ExceptionHandler', 'NestApplication', 'TypeOrmModule']);

/** Nest's log lines through pino: JSON for machines, `[Context] message` for people. Repeated warnings and errors are counted. */
export class Logger implements LoggerService {
  private readonly pino: Pino;
  private readonly repeated = new RepeatedLines();

  /** @param to where JSON lines go, standard output unless given */
  constructor({ level, pretty }: { readonly level: string; readonly pretty: boolean }, to?: DestinationStream) {
    const options = {
      level,
      base: null,
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
    };
    this.pino = pino(options, to ?? (pretty ? pinoPretty() : pino.destination()));
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(FRAMEWORK.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write(START_FAILURES.has(String(rest.at(-1))) ? 'debug' : 'error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the context last, and the stack of an error before it. */
  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined;
    const [stack] = level === 'error' && rest.length > 1 ? rest : [];
    const text = message instanceof Error ? (message.stack ?? message.message) : String(message);
    const [firstLine = ''] = text.split('\n', 1);
    const summarize = (times: number) => this.pino[level]({ context, repeated: times }, `${firstLine} (${times} more)`);
    const counts = level === 'error' || level === 'warn';
    if (counts && !this.repeated.admit(`${level} ${String(context)} ${text}`, summarize)) return;
    this.pino[level]({ context, ...(typeof stack === 'string' && { stack }) }, text);
  }
}
