/** Content types: what of one matters, and which are taken. */

/** A content type in lower case, without its parameters, and the character set that it names. */
export interface MediaType {
  readonly essence: string
  readonly charset: string | undefined
}

/** Reads a `content-type` field. */
export function mediaTypeOf(field: string): MediaType {
  const [essence = '', ...parameters] = field.toLowerCase().split(';')
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith('charset='))
  return { essence: essence.trim(), charset: charset?.slice('charset='.length).replaceAll('"', '') }
}

export const isJson = (essence: string): boolean => /^application\/(?:.+\+)?json$/.test(essence)

export const isForm = (essence: string): boolean =>
  essence === 'application/x-www-form-urlencoded' || essence === 'multipart/form-data'

export const isText = (essence: string): boolean =>
  essence.startsWith('text/') || /^application\/(?:.+\+)?xml$/.test(essence)

/** Whether a character set is read as UTF-8. */
export const isUtf8 = (charset: string | undefined): boolean =>
  charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii'

/** Whether a content type is one of those meant, in which `*` stands for anything. */
export function matcherOf(patterns: readonly string[]): (essence: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const escaped = pattern.toLowerCase().replaceAll(/[\\^$.|+()[\]{}?]/g, String.raw`\$&`)
    return new RegExp(`^${escaped.replaceAll('*', '[^/]+')}$`)
  })
  return (essence) => expressions.some((expression) => expression.test(essence))
}
