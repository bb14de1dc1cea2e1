class Markup {
  constructor(readonly markup: string) {}
}

/** Markup that is part of a page as it is; only `html` and `trustedHtml` make it. */
export type Html = Markup;

/** What may stand in a template: text and numbers (escaped), markup, nothing, or a list of these. */
export type HtmlPart = string | number | Html | undefined | readonly HtmlPart[];

/**
 * A template whose every value is escaped unless it is markup made here, so that text can't be forgotten: a
 * model's output is hostile until escaped. Attributes must be quoted.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Markup(strings.reduce((page, piece, index) => page + render(parts[index - 1]) + piece));
}

/** Markup from a source that escapes its own text: this package's style sheet, Vega's SVG. */
export function trustedHtml(markup: string): Html {
  return new Markup(markup);
}

function render(part: HtmlPart): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.markup;
  if (typeof part === 'object') return part.map(render).join('');
  return escapeText(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text for an element or a quoted attribute. Control characters and half surrogates, which
 * HTML refuses, become U+FFFD.
 */
export function escapeText(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
    .replace(/(?![\t\n\r])\p{Cc}|\p{Cs}/gu, '\ufffd');
}
