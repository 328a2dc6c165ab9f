/** From text to data with places. Everything YAML allows is read; what it does not is explained in plain words. */
import {
  type CST,
  Composer,
  type Document,
  Lexer,
  type Node,
  Parser,
  type YAMLMap,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  visit,
} from 'yaml'
import type { Datum, Entry, Place } from './datum.ts'
import { Allowance, DEEPEST } from './limits.ts'
import type { Report } from './report.ts'
import type { SourceText } from './source-text.ts'
import { explainSyntax, withoutEchoes } from './syntax-errors.ts'

/** The data of a text, and the document that YAML made of it; nothing when it is no YAML. */
export interface ReadText {
  readonly datum: Datum
  readonly document: Document
}

/** Reads a text, within what is allowed it and those read before. What is wrong with it goes to the report. */
export function readText(
  source: SourceText,
  report: Report,
  allowance: Allowance = new Allowance(),
): ReadText | undefined {
  const document = withoutStacks(() => compose(source, allowance, report))
  if (document === undefined) return undefined
  const wrong = [...document.errors, ...document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED')]
  const openings = wrong.length === 0 ? NO_OPENINGS : openingsIn(document)
  for (const error of withoutEchoes(wrong, (offset) => source.position(offset, offset).line)) {
    const { start, end, ...finding } = explainSyntax(error, source.text, openings)
    report.error({ source, start, end }, finding)
  }
  if (wrong.length > 0) return undefined
  const datum = new DatumReader(source, allowance, report).read(document.contents)
  return datum === undefined ? undefined : { datum, document }
}

const NO_OPENINGS: ReadonlyMap<number, number> = new Map()

/** Where each list or mapping in brackets begins, by where it ends; of those that end in one place, the innermost. */
function openingsIn(document: Document): ReadonlyMap<number, number> {
  const openings = new Map<number, number>()
  visit(document, {
    Collection: (_, { flow, range }) => {
      if (flow === true && range) openings.set(range[1], range[0])
    },
  })
  return openings
}

/** A broken text makes thousands of errors, and noting where in the parser each was made takes longer than all the rest. */
function withoutStacks<T>(work: () => T): T {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The first document of a text, if it is within the limits. */
function compose(source: SourceText, allowance: Allowance, report: Report): Document | undefined {
  const { text } = source
  const limit = (message: string, fix = 'Divide it, and name the parts under include.'): undefined =>
    report.error({ source, start: 0, end: 0 }, { code: 'ALLORA602', message, fix }) as undefined
  allowance.begin()
  const tooLong = allowance.take('characters', text.length)
  if (tooLong !== undefined) return limit(tooLong)
  const parser = new Parser()
  const tokens: CST.Token[] = []
  // Nothing before this point calls itself, so the depth is known before anything that does.
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    if (parser.stack.length > DEEPEST) {
      return limit(`The file has more than ${DEEPEST} lists and mappings within each other.`, 'Write it less deep.')
    }
    const tooMany = allowance.take('signs')
    if (tooMany !== undefined) return limit(tooMany)
  }
  tokens.push(...parser.end())
  const [first, second] = new Composer({ uniqueKeys: false, logLevel: 'error' }).compose(tokens, true, text.length)
  if (second !== undefined) {
    const start = second.range[0]
    report.error(
      { source, start, end: start },
      {
        code: 'ALLORA603',
        message: 'A second document begins here, after a line of three dashes or dots, and would not be read.',
        fix: 'Remove the line, or put what follows into a file of its own and include that.',
      },
    )
  }
  return first
}

/** Makes data of the nodes of a document. */
class DatumReader {
  private readonly anchors = new Map<string, { readonly datum: Datum; readonly values: number }>()
  private readonly source: SourceText
  private readonly allowance: Allowance
  private readonly report: Report
  private values = 0

  constructor(source: SourceText, allowance: Allowance, report: Report) {
    this.source = source
    this.allowance = allowance
    this.report = report
  }

  read(contents: unknown): Datum | undefined {
    try {
      return this.datum(contents as Node | null, { source: this.source, start: 0, end: 0 })
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      this.report.error(error.place, { code: error.code, message: error.message, fix: error.fix })
      return undefined
    }
  }

  private datum(node: Node | null, within: Place, key?: string | number): Datum {
    const [start, end] = node?.range ?? [within.start, within.start]
    const place: Place = { source: this.source, start, end, parent: key === undefined ? undefined : within, key }
    const before = this.values
    this.count(1, place)
    if (isAlias(node)) return this.alias(node.source, place)
    const datum = this.made(node, place)
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined
    if (anchor !== undefined) this.anchors.set(anchor, { datum, values: this.values - before })
    return datum
  }

  private made(node: Node | null, place: Place): Datum {
    if (isSeq(node)) {
      const items = node.items.map((item, i) => this.datum(isPair(item) ? null : (item as Node), place, i))
      return { kind: 'list', items, place }
    }
    if (isMap(node)) return { kind: 'mapping', entries: this.entries(node, place), place }
    const value: unknown = isScalar(node) ? node.value : null
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return { kind: 'scalar', value: known ? value : null, plain: isScalar(node) && node.type === 'PLAIN', place }
  }

  private entries(map: YAMLMap, place: Place): Entry[] {
    const entries = new Map<string, Entry>()
    for (const { key: node, value } of map.items) {
      const key = keyText(node)
      const [start, end] = (node as Node | null)?.range ?? [place.start, place.start]
      const keyPlace: Place = { source: this.source, start, end, parent: place, key: key ?? '?' }
      if (key === undefined) {
        throw new Unreadable(
          keyPlace,
          'ALLORA608',
          'A key must be a text, but this one is a list, a mapping or an alias.',
          'Write the key as a text. A text that begins with { or [ needs quotes.',
        )
      }
      const first = entries.get(key)
      if (first !== undefined) {
        const { line } = this.source.position(first.keyPlace.start, first.keyPlace.end)
        this.report.error(keyPlace, {
          code: 'ALLORA604',
          message: `The key ${JSON.stringify(key)} is given twice: it is also in line ${line}.`,
          fix: 'Remove one of them.',
        })
        continue
      }
      entries.set(key, {
        key,
        keyPlace,
        value: this.datum(value as Node | null, value === null ? keyPlace : place, key),
      })
    }
    return [...entries.values()]
  }

  private alias(name: string, place: Place): Datum {
    const anchor = this.anchors.get(name)
    if (anchor === undefined) {
      throw new Unreadable(
        place,
        'ALLORA603',
        `The alias *${name} stands for an anchor &${name} that does not come before it.`,
        `Write &${name} before the value that is meant, or put the text in quotes.`,
      )
    }
    this.count(anchor.values, place)
    return anchor.datum
  }

  private count(values: number, place: Place): void {
    this.values += values
    const tooMany = this.allowance.take('values', values)
    if (tooMany !== undefined) throw new Unreadable(place, 'ALLORA602', tooMany, 'Divide it, or use fewer aliases.')
  }
}

/** A key as text: as it is written, so that `1` and `yes` are names too. */
function keyText(node: unknown): string | undefined {
  if (node === null) return ''
  if (!isScalar(node)) return undefined
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}

/** Ends the reading of a text. */
class Unreadable extends Error {
  readonly place: Place
  readonly code: 'ALLORA602' | 'ALLORA603' | 'ALLORA608'
  readonly fix: string

  constructor(place: Place, code: Unreadable['code'], message: string, fix: string) {
    super(message)
    this.place = place
    this.code = code
    this.fix = fix
  }
}
