import { Global, Inject, Module } from '@nestjs/common';
import { ConfigModule as NestConfigModule, registerAs } from '@nestjs/config';
import { parseConfig, type Config } from './config.js';
import { withDevelopmentSecrets, type CompleteConfig } from './development-secrets.js';

let parsed: Config | undefined;
let mistake: unknown;

/**
 * Nest's config module reads `.env` and the environment. It calls `validate` synchronously, so the settings can be a
 * constant below: decorators such as `@Process({ concurrency })` need them before any injection.
 */
const environment = NestConfigModule.forRoot({
  isGlobal: true,
  validate: (variables) => {
    try {
      parsed = parseConfig(variables);
    } catch (error) {
      mistake = error;
    }
    return {};
  },
});
if (!parsed) throw mistake;

/** The settings of this process. Only decorators use this constant; services get the settings by `@InjectConfig()`. */
export const config: CompleteConfig = withDevelopmentSecrets(parsed);

const CONFIG = registerAs('settings', () => config);

/** Injects the validated settings. */
export const InjectConfig = () => Inject(CONFIG.KEY);

/** Provides the validated settings to every module. */
@Global()
@Module({
  imports: [environment, NestConfigModule.forFeature(CONFIG)],
  exports: [NestConfigModule],
})
export class ConfigModule {}
