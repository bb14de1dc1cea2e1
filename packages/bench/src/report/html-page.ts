import { type Html, html, trustedHtml } from './html.js';
import { PAGE_STYLE } from './page-style.js';

/** Nothing is loaded and no script runs, even if some text were not escaped. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** A page that needs no other file, no network and no script. */
export function htmlPage(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trustedHtml(PAGE_STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
