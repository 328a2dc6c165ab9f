/** A file and those it includes: read, with their references resolved, and checked against the shape of their version. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import type { Document } from 'yaml'
import { closest } from '../graph/did-you-mean.ts'
import { type Datum, type Place, describeDatum, valueOf } from './datum.ts'
import { DOCUMENT_1, DOCUMENT_2 } from './document-shape.ts'
import { type Environment, interpolate } from './interpolate.ts'
import { Allowance, MOST_FILES, MOST_IN_FILE } from './limits.ts'
import { readText } from './read-text.ts'
import type { Report } from './report.ts'
import { ShapeReader } from './shape-reader.ts'
import { SourceText } from './source-text.ts'

/** The version of the format of a file. */
export type FormatVersion = 1 | 2

/** A file that was read. */
export interface LoadedFile {
  readonly version: FormatVersion
  readonly datum: Datum
  readonly document: Document
  /** What its keys hold, as far as it fits. */
  readonly data: Readonly<Record<string, unknown>>
  readonly reader: ShapeReader
  readonly source: SourceText
  /** Its absolute path; absent for a text that came from no file. */
  readonly path?: string
}

/** Where files come from. */
export interface FileAccess {
  /** Gives the text of a file by its absolute path; throws when there is none. */
  readonly readFile: (path: string) => string
  readonly env: Environment
  /** The folder that paths are told from. */
  readonly cwd: string
}

/** The text of a file on disk. Of one that is too long only so much is read that it is refused. */
export function readFileFromDisk(path: string): string {
  const file = openSync(path, 'r')
  try {
    const most = 4 * (MOST_IN_FILE.characters + 1)
    if (fstatSync(file).size <= most) return readFileSync(file, 'utf8')
    const bytes = Buffer.alloc(most)
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, most, 0))
  } finally {
    closeSync(file)
  }
}

/** What to read: a text, or the path of a file. */
export type Input =
  | { readonly text: string; readonly file?: string }
  | { readonly file: string; readonly text?: string }

/** Reads a file and all that it includes, each once. The first is the one asked for, if it could be read. */
export function loadFiles(input: Input, access: FileAccess, report: Report): LoadedFile[] {
  return new FileLoader(access, report).load(input)
}

class FileLoader {
  private readonly loaded = new Map<string, LoadedFile | undefined>()
  private readonly opening: string[] = []
  private readonly allowance = new Allowance()
  private readonly access: FileAccess
  private readonly report: Report

  constructor(access: FileAccess, report: Report) {
    this.access = access
    this.report = report
  }

  load(input: Input): LoadedFile[] {
    const path = input.file === undefined ? undefined : resolve(this.access.cwd, input.file)
    const text = input.text ?? this.open(path!, undefined)
    if (text === undefined) return []
    return this.parse(text, path)
  }

  private open(path: string, place: Place | undefined): string | undefined {
    try {
      return this.access.readFile(path)
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      const why = typeof code === 'string' && Object.hasOwn(REASONS, code) ? REASONS[code]! : 'it cannot be read'
      this.report.error(place, {
        code: 'ALLORA601',
        message: `There is no file to read at ${this.shown(path)}: ${why}.`,
        fix: 'Correct the path. It is taken from the folder of the file that includes it, or from the working directory.',
      })
      return undefined
    }
  }

  private parse(text: string, path: string | undefined): LoadedFile[] {
    const source = new SourceText(
      text.length > MOST_IN_FILE.characters ? text.slice(0, MOST_IN_FILE.characters + 1) : text,
      path && this.shown(path),
    )
    const read = readText(source, this.report, this.allowance)
    const version = read && versionOf(read.datum, source, this.report)
    if (read === undefined || version === undefined) return []
    const datum = version === 2 ? interpolate(read.datum, this.access.env, this.report) : read.datum
    const strict = version === 2 || valueOf(datum, 'channel') !== undefined
    const reader = new ShapeReader(this.report, !strict)
    const data = reader.readParts(version === 1 ? DOCUMENT_1 : DOCUMENT_2, datum)
    const file: LoadedFile = {
      version,
      datum,
      document: read.document,
      data,
      reader,
      source,
      ...(path !== undefined && { path }),
    }
    if (path !== undefined) this.loaded.set(path, file)
    return [file, ...this.included(file, path)]
  }

  private included(file: LoadedFile, path: string | undefined): LoadedFile[] {
    const include = valueOf(file.datum, 'include')
    const parts = include?.kind === 'list' ? include.items : include === undefined ? [] : [include]
    const folder = path === undefined ? this.access.cwd : dirname(path)
    if (path !== undefined) this.opening.push(path)
    const files = parts.flatMap((part) =>
      part.kind === 'scalar' && typeof part.value === 'string' && part.value !== ''
        ? this.include(resolve(folder, part.value), part.place)
        : [],
    )
    if (path !== undefined) this.opening.pop()
    return files
  }

  private include(path: string, place: Place): LoadedFile[] {
    if (this.opening.includes(path)) {
      const circle = [...this.opening.slice(this.opening.indexOf(path)), path].map((each) => this.shown(each))
      this.report.error(place, {
        code: 'ALLORA612',
        message: `The includes go in a circle: ${circle.slice(0, 5).join(' includes ')}.`,
        fix: 'Remove this include, or put what both files need into a third one.',
      })
      return []
    }
    if (this.loaded.has(path) || this.allowance.exhausted) return []
    if (this.loaded.size >= MOST_FILES) {
      this.report.error(place, {
        code: 'ALLORA602',
        message: `The file leads to more than ${MOST_FILES} others.`,
        fix: 'Include fewer files.',
      })
      return []
    }
    this.loaded.set(path, undefined)
    const text = this.open(path, place)
    return text === undefined ? [] : this.parse(text, path)
  }

  private shown(path: string): string {
    const short = relative(this.access.cwd, path)
    return short === '' || short.startsWith('..') ? path : short
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is nothing of that name',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read',
  ENOTDIR: 'a part of the path is no folder',
}

/** The version that a document says it has. */
function versionOf(datum: Datum, source: SourceText, report: Report): FormatVersion | undefined {
  const version = valueOf(datum, 'version')
  const fail = (place: Place, message: string, fix: string): undefined =>
    report.error(place, { code: 'ALLORA605', message, fix }) as undefined
  const start = { source, start: 0, end: 0 }
  if (datum.kind !== 'mapping') {
    const empty = datum.kind === 'scalar' && datum.value === null
    const came = empty ? 'it is empty' : `it is ${describeDatum(datum)}`
    return fail(
      empty ? start : datum.place,
      `The file must be a mapping that begins with its version, but ${came}.`,
      'Write "version: 1" in the first line, and keys such as channels below.',
    )
  }
  if (version === undefined) {
    const near = datum.entries.find(({ key }) => closest(key, ['version']) !== undefined)
    return fail(
      near?.keyPlace ?? start,
      'The file does not say which version of the format it is in.',
      near === undefined
        ? 'Write "version: 1" in the first line.'
        : `Did you mean "version" instead of ${JSON.stringify(near.key)}?`,
    )
  }
  if (version.kind === 'scalar' && (version.value === 1 || version.value === 2)) return version.value
  const quoted = version.kind === 'scalar' && (version.value === '1' || version.value === '2')
  return fail(
    version.place,
    `The version must be the number 1 or 2, but it is ${describeDatum(version)}.`,
    quoted ? 'Remove the quotes.' : 'Write "version: 1" for a file in the format of Allora, or "version: 2" for flows.',
  )
}
