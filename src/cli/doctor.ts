import { Command } from 'commander';
import type { CompleteConfig } from '../config/development-secrets.js';
import type { Finding } from './doctor-finding.js';

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

/** Checks a deployment for common mistakes. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('checks Redis policy and persistence, idle command rate, clocks, and encryption keys')
    .option('--json')
    .action(async ({ json }: { json?: boolean }) => {
      const { Logger } = await import('@nestjs/common');
      Logger.overrideLogger(false); // The findings already have what the checked parts would log.
      const { config } = await import('../config/config.module.js');
      const { checkDatabase } = await import('./doctor-database.js');
      const { checkRedis } = await import('./doctor-redis.js');
      const findings = [...checkConfiguration(config), ...(await checkDatabase(config)), ...(await checkRedis(config))];
      const lines = findings.map(({ check, level, message }) => `${MARKS[level]} ${check}: ${message}`);
      process.stdout.write(`${json ? JSON.stringify(findings, null, 2) : lines.join('\n')}\n`);
      process.exitCode = findings.some((finding) => finding.level === 'fail') ? 1 : 0;
    });
}

function checkConfiguration(config: CompleteConfig): Finding[] {
  return [
    {
      check: 'configuration',
      level: 'ok',
      message: `complete for ${config.production ? 'production' : 'development'}, role ${config.role}`,
    },
    config.demo && config.production
      ? { check: 'demo sign-in', level: 'warn', message: 'on in production: anybody can sign in as anybody (DEMO)' }
      : { check: 'demo sign-in', level: 'ok', message: config.demo ? 'on' : 'off' },
  ];
}
