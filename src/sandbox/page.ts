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
  :focus-visible { outline: 3px solid #a9b3ff; outline-offset: 2px } code { overflow-wrap: anywhere } a { color: #4b5bdc } section { padding: 12px 14px; margin-top: 12px;
  border: 2px solid #e3e7f0; border-radius: 12px } section h2 { margin: 0 } section[aria-current] { border-color: #4b5bdc;
  background: #f5f6ff }`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in HTML, also in an attribute. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** A whole page in the look of the stand-ins; it loads nothing and runs no script. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${STYLE}</style></head>
<body><main>${body}</main></body>
</html>
`;

/** The headers of every page: it is for nobody else, and neither scripts nor frames have a place in it. */
export const PAGE_HEADERS = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
} as const;
