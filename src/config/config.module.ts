import { Global, Inject, Module } from '@nestjs/common';
import { ConfigModule as NestConfigModule, registerAs } from '@nestjs/config';
import { parseConfig, type Config } from './config.js';
import { withDevelopmentSecrets, type CompleteConfig } from './development-secrets.js';

let parsed: Config | undefined;
let mistake: unknown;

/**
 * Nest's config module reads `.env` and the environment. It calls `validate` synchronously, so that the settings are a
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

/** The settings of this process. Services take them injected (`@InjectConfig()`), only decorators read this constant. */
export const config: CompleteConfig = withDevelopmentSecrets(parsed);

const CONFIG = registerAs('settings', () => config);

/** Injects the checked settings. */
export const InjectConfig = () => Inject(CONFIG.KEY);

/** Gives every module the checked settings. */
@Global()
@Module({
  imports: [environment, NestConfigModule.forFeature(CONFIG)],
  exports: [NestConfigModule],
})
export class ConfigModule {}
