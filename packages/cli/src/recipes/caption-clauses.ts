/** The clauses of a scene's caption, between its commas. */
export function captionClauses(caption: string): string[] {
  return caption.replace(/ \.$/, '').split(' , ');
}
