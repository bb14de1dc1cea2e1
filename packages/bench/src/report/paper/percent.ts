/** A share in percent with a true minus: `68 %`, `\u221212.5 %`. */
export function percent(share: number, places = 1): string {
  return `${(100 * share).toFixed(places).replace('-', '\u2212')} %`;
}
