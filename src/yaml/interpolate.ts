/** `${NAME}` and `${NAME:default}` in the values of version 2: what the environment says stands in their place. */
import type { Datum, Place, ScalarDatum } from './datum.ts'
import type { Report } from './report.ts'

/** The environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

const REFERENCE = /\$\$\{|\$\{([^}:]*)(?::([^}]*))?\}/g

/** The same data with every reference replaced. A name that the environment does not have goes to the report. */
export function interpolate(
  datum: Datum,
  env: Environment,
  report: Report,
  done: Map<Datum, Datum> = new Map(),
): Datum {
  const known = done.get(datum)
  if (known !== undefined) return known
  const replaced = replacement(
    datum,
    (part) => interpolate(part, env, report, done),
    (scalar) => resolve(scalar, env, report),
  )
  done.set(datum, replaced)
  return replaced
}

/** A text as it must be written so that nothing in it is taken for a reference. */
export function withoutReferences(text: string): string {
  // A function, since `$$` in a replacement stands for one dollar sign.
  return text.replaceAll('${', () => '$${')
}

/** The text that was written so. */
export function writtenWithoutReferences(text: string): string {
  return text.replaceAll('$${', () => '${')
}

function replacement(datum: Datum, part: (datum: Datum) => Datum, scalar: (datum: ScalarDatum) => Datum): Datum {
  if (datum.kind === 'list') return { ...datum, items: datum.items.map(part) }
  if (datum.kind === 'mapping') {
    return { ...datum, entries: datum.entries.map((entry) => ({ ...entry, value: part(entry.value) })) }
  }
  return scalar(datum)
}

function resolve(datum: ScalarDatum, env: Environment, report: Report): ScalarDatum {
  const { value, plain, place } = datum
  if (typeof value !== 'string' || !value.includes('${')) return datum
  const missing: string[] = []
  // Behind the last bracket there is none that a reference could end with, and looking for it from each beginning would take forever.
  const last = value.lastIndexOf('}') + 1
  const text = value.slice(0, last).replace(REFERENCE, (whole, name?: string, other?: string) => {
    if (name === undefined) return '${'
    const found = Object.hasOwn(env, name) ? env[name] : undefined
    if (found !== undefined) return found
    if (other !== undefined) return other
    report.error(place, {
      code: 'ALLORA611',
      message: `The environment has no variable ${JSON.stringify(name)}.`,
      fix: `Set it, or give a default: \${${name}:default}.`,
    })
    missing.push(name)
    return whole
  })
  if (missing.length > 0) return { ...datum, unresolved: true }
  const rest = value.slice(last)
  warnOfUnclosed(rest, place, report)
  const whole = text + writtenWithoutReferences(rest)
  return { ...datum, value: plain ? asWritten(whole) : whole }
}

/** A reference that no bracket ends is text, and mostly not meant to be. */
function warnOfUnclosed(rest: string, place: Place, report: Report): void {
  const name = /(?<!\$)\$\{([\w.-]*)/.exec(rest)?.[1]
  if (name === undefined) return
  report.warning(place, {
    code: 'ALLORA616',
    message: `A reference to the environment begins with \${${name} and is never closed, so this is taken as text.`,
    fix: `Write the } that ends it, as in \${${name || 'NAME'}}. If it is text, write two dollar signs: $\${${name}.`,
  })
}

/** What a text without quotes would be: `8080` a number, `true` a flag. */
function asWritten(text: string): ScalarDatum['value'] {
  if (/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text)) return Number(text)
  return text === 'true' ? true : text === 'false' ? false : text
}
