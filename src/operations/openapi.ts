import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { SCOPES } from '../auth/scopes.js';

/** The API as an OpenAPI document at `/api/openapi.json` and as a page at `/api/docs`, generated from the schemas of the routes. */
export function serveOpenApi(app: INestApplication): void {
  const options = new DocumentBuilder()
    .setTitle('Soul Signature')
    .setDescription(
      'Connect platforms, extract their data in the background, read the signature. Success is { success: true, data }, ' +
        'failure { success: false, error: { code, message, details?, retryAfter? }, requestId }. Live events come over Socket.IO. ' +
        'Assistants speak the Model Context Protocol at /mcp. Programs come in with access tokens (POST /api/tokens): `x-scopes` of a ' +
        'route are those of which a token needs one; where there are none, no access token is let in. The scopes: ' +
        Object.entries(SCOPES)
          .map(([scope, { words }]) => `\`${scope}\` (${words})`)
          .join(', ') +
        '.',
    )
    .setVersion('1')
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .addCookieAuth('__Host-session', undefined, 'session')
    .addSecurityRequirements('session')
    .build();
  SwaggerModule.setup('api/docs', app, () => SwaggerModule.createDocument(app, options), {
    jsonDocumentUrl: 'api/openapi.json',
    swaggerOptions: { showExtensions: true },
  });
}
