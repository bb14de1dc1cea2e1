import { type Html, html } from '../report/html.js';
import type { ViewSource } from './view-source.js';

/** The viewer's page: what does not change; its script fills the rest. */
export function viewPage({ title, noun }: Pick<ViewSource, 'title' | 'noun'>): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/view.css">
<script type="module" src="/view.js"></script>
</head>
<body data-noun="${noun}">
<a class="skip" href="#detail">To the details</a>
<header>
<h1>${title}</h1>
<p id="status" class="muted" role="status"></p>
<form id="filters" role="search" aria-label="Search and filters">
<label class="field grow"><span>Search <kbd aria-hidden="true">/</kbd></span>
<input id="search" type="search" maxlength="300" autocomplete="off" spellcheck="false" aria-keyshortcuts="/"></label>
<button type="reset">Clear</button>
</form>
<p id="fault" class="bad" role="alert"></p>
</header>
<main>
<section id="list-pane" aria-label="List of ${noun}">
<div id="list" role="listbox" tabindex="0" aria-label="${noun}"></div>
<p id="empty" class="muted" hidden>Nothing is found. Clear the search and the filters.</p>
</section>
<section id="detail" tabindex="-1" aria-label="Details">
<p class="muted hint">Choose one of the ${noun}: arrow keys move, Enter opens, / searches.</p>
</section>
</main>
<noscript>This page needs its script, which comes from this machine alone.</noscript>
</body>
</html>
`;
}
