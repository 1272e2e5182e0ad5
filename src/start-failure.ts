/**
 * The message of a failed start or command: for a known cause a sentence with the remedy, otherwise the stack.
 */
export function startFailure(error: unknown, what = 'The start'): string {
  if (!(error instanceof Error)) return `${what} failed: ${String(error)}`;
  if (error.name === 'ConfigError') return error.message;
  if ('code' in error && typeof error.code === 'string') {
    if (error.code === 'EADDRINUSE') return `${what} failed (PORT_TAKEN): ${describeTakenPort(error)}`;
    return `${what} failed (${error.code}): ${error.message}`;
  }
  return `${what} failed: ${error.stack ?? error.message}`;
}

function describeTakenPort(error: Error): string {
  const variable = 'variable' in error && typeof error.variable === 'string' ? error.variable : 'PORT';
  const port = 'port' in error ? String(error.port) : '';
  return `port ${port} is taken by another program. Stop it, or set ${variable} to a free port.`;
}
