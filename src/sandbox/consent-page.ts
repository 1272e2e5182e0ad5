import { type AuthorizationRequest, requestedScopes } from './authorization-request.js';
import type { StandIn } from './stand-in.js';

const STYLE = `
  * { box-sizing: border-box } body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px;
  font: 16px/1.5 system-ui, sans-serif; color: #1d2433; background: linear-gradient(160deg, #eef1fb, #f8f2ee) }
  main { width: 100%; max-width: 560px; background: #fff; border-radius: 20px; padding: 32px;
  box-shadow: 0 12px 40px rgb(29 36 51 / 12%) } h1 { margin: 0 0 4px; font-size: 26px } h2 { margin: 24px 0 8px;
  font-size: 15px } p { margin: 0 0 8px } ul { margin: 0; padding-left: 20px } .notice { background: #fff6dd;
  border-radius: 10px; padding: 10px 14px; font-size: 14px; margin-top: 12px } fieldset { border: 0; margin: 0; padding: 0 }
  legend { padding: 24px 0 8px; font-size: 15px; font-weight: 700 }
  label { display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; padding: 12px 14px; margin-bottom: 8px;
  border: 2px solid #e3e7f0; border-radius: 12px; cursor: pointer } label:has(:checked) { border-color: #4b5bdc;
  background: #f5f6ff } label small { grid-column: 2; color: #596277 } .buttons { display: flex; gap: 12px; margin-top: 20px }
  button { flex: 1; padding: 13px; border: 0; border-radius: 12px; font: inherit; font-weight: 600; cursor: pointer;
  color: #fff; background: #4b5bdc } button[value=deny] { color: #1d2433; background: #e9ecf4 }
  :focus-visible { outline: 3px solid #a9b3ff; outline-offset: 2px } code { overflow-wrap: anywhere }`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${STYLE}</style></head>
<body><main>${body}</main></body>
</html>
`;

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
