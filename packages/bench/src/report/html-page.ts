import { createHash } from 'node:crypto';
import { type Html, html, trustedHtml } from './html.js';
import { PAGE_STYLE } from './page-style.js';

/** Nothing is loaded, and no script runs but the page's own, even if some text were not escaped. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/**
 * A page that needs no other file and no network.
 *
 * @param script - of this package's own; the page's policy lets it run by its hash, and nothing else
 */
export function htmlPage(title: string, body: Html, script?: string): Html {
  const hash = script === undefined ? '' : createHash('sha256').update(script).digest('base64');
  const policy = script === undefined ? POLICY : `${POLICY}; script-src 'sha256-${hash}'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trustedHtml(PAGE_STYLE)}</style>
</head>
<body>
${body}
${script === undefined ? '' : trustedHtml(`<script>${script}</script>`)}
</body>
</html>
`;
}
