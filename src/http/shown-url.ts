/** URLs as sentences and drawings show them: without what only the server should read. */

/** The URL without its user and the values behind the question mark. */
export function shownUrl({ origin, pathname, search }: URL): string {
  return `${origin}${pathname}${search === '' ? '' : '?***'}`
}

/** The same of a text that may be no URL. */
export function shownText(text: string): string {
  const safe = text.replace(/\/\/[^/?#]*@/, '//***@').replace(/[?#].*$/s, '?***')
  return JSON.stringify(safe.length > 200 ? `${safe.slice(0, 200)}…` : safe)
}
