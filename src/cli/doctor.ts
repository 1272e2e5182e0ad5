import { Logger } from '@nestjs/common';
import { Command } from 'commander';
import type { CompleteConfig } from '../config/development-secrets.js';
import { checkDatabase } from './doctor-database.js';
import type { Finding } from './doctor-finding.js';
import { checkRedis } from './doctor-redis.js';

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

/** Looks for what goes wrong in deployments before it does. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('checks Redis policy and persistence, idle command rate, clocks, and encryption keys')
    .option('--json')
    .action(async ({ json }: { json?: boolean }) => {
      Logger.overrideLogger(false); // What the parts that are tried would log is among the findings.
      const { config } = await import('../config/config.module.js');
      const findings = [...checkConfiguration(config), ...(await checkDatabase(config)), ...(await checkRedis(config))];
      if (json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
      else
        for (const { check, level, message } of findings)
          process.stdout.write(`${MARKS[level]} ${check}: ${message}\n`);
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
      ? { check: 'demo sign-in', level: 'warn', message: 'is on in production: anybody can be anybody (DEMO)' }
      : { check: 'demo sign-in', level: 'ok', message: config.demo ? 'on' : 'off' },
  ];
}
