import { type AuthorizationRequest, requestedScopes } from './authorization-request.js';
import { escape, page } from './page.js';
import type { StandIn } from './stand-in.js';

/** The page on which a person chooses whom to be and allows or denies the access. */
export function consentPage(standIn: StandIn, request: AuthorizationRequest, chosen?: string): string {
  const title = `Sandbox ${standIn.title}`;
  const selected = standIn.personas.some(({ id }) => id === chosen) ? chosen : standIn.personas[0]?.id;
  const hidden = Object.entries(request)
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`)
    .join('\n');
  const scopes = requestedScopes(request).map((scope) => `<li>${escape(standIn.oauth.scopes[scope] ?? scope)}</li>`);
  const personas = standIn.personas.map(
    ({ id, name, life }) =>
      `<label><input type="radio" name="persona" value="${escape(id)}"${
        id === selected ? ' checked' : ''
      } required><strong>${escape(name)}</strong><small>${escape(life)}</small></label>`,
  );
  return page(
    title,
    `<h1>${escape(title)}</h1>
<p><strong>${escape(request.client_id)}</strong> at <code>${escape(new URL(request.redirect_uri).host)}</code> asks for access.</p>
<p class="notice">This is a stand-in for ${escape(standIn.title)}, not the real service. Its people and their data are
invented; nothing is asked of a real account.</p>
<h2>It wants to read</h2>
<ul>${scopes.join('\n') || '<li>Only what is public</li>'}</ul>
<form method="post" action="/${escape(standIn.name)}/oauth/authorize/decision">
${hidden}
<fieldset><legend>Who would you like to be?</legend>
${personas.join('\n')}</fieldset>
<div class="buttons"><button name="decision" value="allow">Allow</button>
<button name="decision" value="deny" formnovalidate>Deny</button></div>
</form>`,
  );
}

/** Explains why a request is refused; shown instead of a redirect to an address that cannot be trusted. */
export function refusalPage(standIn: StandIn, reason: string): string {
  const title = `Sandbox ${standIn.title} cannot go on`;
  return page(
    title,
    `<h1>${escape(title)}</h1><p>The request to connect is not valid, so nothing was shared.</p><p>${escape(reason)}</p>`,
  );
}
