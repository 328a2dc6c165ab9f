/** What breaks the rules of YAML, in plain words: indentation, quotes, brackets, and lists mixed up with mappings. */
import type { YAMLError } from 'yaml'
import type { Finding } from './report.ts'

type Words = readonly [message: string, fix: string]

/** The errors worth telling: what follows straight upon another is mostly its echo. */
export function withoutEchoes<T extends { readonly pos: readonly [number, number] }>(
  errors: readonly T[],
  lineOf: (offset: number) => number,
): T[] {
  let last = -Infinity
  return errors.filter(({ pos: [start] }) => {
    const line = lineOf(start)
    const echo = line <= last + 1
    last = Math.max(last, line)
    return !echo
  })
}

/** An error of the parser as a user would put it, and where a user would look for it. `openings` says where the brackets that end in a place begin. */
export function explainSyntax(
  error: YAMLError,
  text: string,
  openings: ReadonlyMap<number, number>,
): Finding & { readonly start: number; readonly end: number } {
  const [message, fix] = words(error, text)
  return { code: 'ALLORA603', message, fix, ...whereToLook(error, text, openings) }
}

/** An indentation is seen at the first sign of its line, and a quote or bracket that is not closed where it was opened. */
function whereToLook(
  { message, pos: [start, end] }: YAMLError,
  text: string,
  openings: ReadonlyMap<number, number>,
): { readonly start: number; readonly end: number } {
  const bracket = UNCLOSED_BRACKET.test(message) ? openings.get(start) : undefined
  if (bracket !== undefined) return { start: bracket, end: bracket + 1 }
  const mark = /Missing closing (["'])/.exec(message)?.[1]
  if (mark !== undefined) {
    const opened = openedQuote(text.slice(0, end), mark)
    return { start: opened, end: opened + 1 }
  }
  const blank = /^[ \t]*/.exec(text.slice(start, start + 500))![0].length
  return atLineStart(text, start) && end <= start + 1 && blank > 0
    ? { start: start + blank, end: start + blank + 1 }
    : { start, end }
}

/** The last quote of the last line that has an odd number of them. */
function openedQuote(text: string, mark: string): number {
  let end = text.length
  while (end > 0) {
    const begin = text.lastIndexOf('\n', end - 1) + 1
    const line = text.slice(begin, end)
    if (line.split(mark).length % 2 === 0) return begin + line.lastIndexOf(mark)
    end = begin - 1
  }
  return text.length
}

const UNCLOSED_BRACKET = /^Flow .* end with a [\]}]/

function words({ code, message, pos: [start, end] }: YAMLError, text: string): Words {
  const line = lineAround(text, start)
  // What is not named here is rare, and said in the parser's own words.
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check
  switch (code) {
    case 'TAB_AS_INDENT':
      return [
        'This line is indented with a tab, where YAML allows only spaces.',
        'Write two spaces for each level instead of the tab.',
      ]
    case 'BAD_INDENT':
      return badIndent(message)
    case 'MISSING_CHAR':
      return missing(message, line)
    case 'MULTILINE_IMPLICIT_KEY':
      return noColon(text.slice(start, end))
    case 'BLOCK_AS_IMPLICIT_KEY':
      return message.includes('sequence') ? mixedUp() : twoColons(line)
    case 'UNEXPECTED_TOKEN':
      return unexpected(message, text, start, line)
    case 'BAD_SCALAR_START':
      return [
        `A text must not begin with ${text.charAt(start)} unless it stands in quotes.`,
        `Put it in quotes: "${/^[^\s,\]}]*/.exec(text.slice(start, start + 100))![0]}".`,
      ]
    case 'BAD_ALIAS':
      return [
        'A * begins an alias and an & an anchor, and the name is missing here.',
        'Give it a name, or put the text in quotes if the sign is part of it.',
      ]
    case 'BAD_DQ_ESCAPE':
      return [
        `${text.slice(start, start + 2)} means nothing in a text in double quotes, where a backslash begins a sign such as \\n.`,
        'Write two backslashes for one, or use single quotes.',
      ]
    case 'TAG_RESOLVE_FAILED':
      return [
        'A word that begins with ! is a tag, and there is none of this name.',
        "Put the text in quotes if the ! is part of it: '!exists(...)'.",
      ]
    default:
      return [
        `This is not YAML: ${message.replace(/\s+/g, ' ')}.`,
        'Correct it. Text that holds signs of YAML needs quotes.',
      ]
  }
}

function badIndent(message: string): Words {
  if (!message.startsWith('Flow')) {
    return [
      'This line begins in another column than the lines it belongs to.',
      'Indent the keys of one mapping, and the dashes of one list, to the same column.',
    ]
  }
  const [open, close] = message.includes('map') ? ['{', '}'] : ['[', ']']
  return [
    `A ${open} is never closed, or what follows it is not indented.`,
    `Write the ${close} that is missing, or indent the lines up to it by more than the key.`,
  ]
}

function missing(message: string, line: string): Words {
  if (message.includes('quote')) {
    const mark = message.includes('"') ? '"' : "'"
    return [`A text begins with ${mark} and never ends.`, `Write the ${mark} that is missing at its end.`]
  }
  if (message.includes('- indicator')) {
    return [
      'This line stands among the items of a list, but has no dash and belongs to none of them.',
      'Indent it by the same number of spaces as the key after the dash above, or begin it with a dash.',
    ]
  }
  if (message.includes('followed by map values')) return noColon(line)
  if (UNCLOSED_BRACKET.test(message)) return badIndent(message)
  if (message.startsWith('Comments'))
    return [
      'A # begins a comment only after a space.',
      'Put a space before the #, or the text in quotes if it is part of it.',
    ]
  if (message.startsWith('Tags'))
    return [
      'A word that begins with ! or & is a tag or an anchor, and this one runs on into other signs.',
      "Put the text in quotes if the sign is part of it: '!exists(...)'.",
    ]
  if (message.includes('between'))
    return ['A comma is missing between two entries in brackets.', 'Write a comma between them.']
  return [`This is not YAML: ${message}.`, 'Correct it. Text that holds signs of YAML needs quotes.']
}

function noColon(line: string): Words {
  const key = /^\s*(?:- )?([^\s:]+):(\S.*)/.exec(line)
  if (key !== null)
    return [
      `There is no space after the colon of ${JSON.stringify(key[1])}, so this is a text and no key with a value.`,
      `Write "${key[1]}: ${key[2]!.trim()}".`,
    ]
  return [
    'This line is neither a key with a value nor an item of a list.',
    'Write a colon and a space after a key, or a dash and a space before an item.',
  ]
}

function twoColons(line: string): Words {
  const [, key = 'key', value = '...'] = /^\s*(?:- )?([^:]+): (.*)$/.exec(line) ?? []
  return [
    'There is a second colon with a space in this line, so that YAML takes the text before it for a key.',
    `Put the text in quotes: ${key}: '${value.trim().replaceAll("'", "''")}'.`,
  ]
}

const mixedUp = (): Words => [
  'A dash begins an item of a list, but this line is among the keys of a mapping.',
  'Put a dash before every entry, to make all of them a list, or indent the items below the key that they belong to.',
]

function unexpected(message: string, text: string, start: number, line: string): Words {
  if (message.includes('block-seq-ind'))
    return [
      'A list begins in the line of its key.',
      'Begin the list in the next line, or write it in brackets: [a, b].',
    ]
  if (text.charAt(start) === '{' && text.charAt(start - 1) === '$') {
    return ['A ${...} among [ ] or { } is taken for brackets of YAML.', 'Put it in quotes: "${NAME}".']
  }
  if (message.includes('scalar') && /^\s*[^-\s]/.test(line) && /^[^:]*:/.test(line) && atLineStart(text, start)) {
    return [
      'A key follows in the column of a list, so the list and the mapping are mixed up.',
      'Indent the key below the dash it belongs to, or put the list below a key of its own.',
    ]
  }
  if (/flow-(map|seq)-start at node end/.test(message))
    return ['A comma is missing between two entries in brackets.', 'Write a comma between them.']
  if (message.includes('scalar') || message.includes('YAML token') || message.includes('at node end')) {
    return [
      'There is more text after the end of a value.',
      'Put the whole text in quotes, with \\" for a quote within double quotes.',
    ]
  }
  if (/flow-(map|seq)-end/.test(message))
    return [
      `A ${text.charAt(start)} closes what was never opened.`,
      'Remove it, or put the text in quotes if it is part of it.',
    ]
  return [
    `This sign is not expected here: ${message.replace(/^Unexpected /, '')}.`,
    'Remove it, or put the text in quotes if it is part of it.',
  ]
}

const atLineStart = (text: string, offset: number): boolean =>
  /(^|\n)[ \t]*$/.test(text.slice(Math.max(0, offset - 200), offset))

function lineAround(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  return text.slice(start, Math.min(end === -1 ? text.length : end, start + 500))
}
