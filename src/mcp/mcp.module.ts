import { Module, type DynamicModule } from '@nestjs/common';
import type { ProcessParts } from '../config/process-parts.js';
import { AssistantTools } from './assistant-tools.js';
import { McpController } from './mcp.controller.js';
import { ModelRuleBook } from './model-rules.js';
import { CompareVersions } from './tools/compare-versions.js';
import { Coverage } from './tools/coverage.js';
import { ExplainClaim } from './tools/explain-claim.js';
import { GetSignature } from './tools/get-signature.js';
import { ListItems } from './tools/list-items.js';

/** Lets assistants read a signature. They change nothing. */
@Module({})
export class McpModule {
  static forRoot({ api }: ProcessParts): DynamicModule {
    if (!api) return { module: McpModule };
    return {
      module: McpModule,
      controllers: [McpController],
      providers: [AssistantTools, ModelRuleBook, GetSignature, ExplainClaim, CompareVersions, ListItems, Coverage],
    };
  }
}
