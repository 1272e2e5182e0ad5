import { PinoPretty, type PrettyStream } from 'pino-pretty';

/** For a terminal: time, level, `[Context] message`. Written synchronously, so that nothing is lost when the process exits. */
export function pinoPretty(): PrettyStream {
  return PinoPretty({
    sync: true,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'context,stack',
    messageFormat: '[{context}] {msg}{if stack}\n{stack}{end}',
  });
}
