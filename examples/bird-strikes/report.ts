/** A report of a wildlife strike: one row of the file, read into types or objected to. */
import { type Either, left, right } from 'fp-ts/lib/Either.js'

/** The columns that are used, as the file names them. */
export interface Row {
  readonly 'Airport Name': string
  readonly 'Effect Amount of damage': string
  readonly 'Flight Date': string
  readonly 'Wildlife Species': string
  readonly 'Cost Total $': string
}

/** Reports have no number of their own; `id` is the SHA-256 of the row. */
export interface IdentifiedRow extends Row {
  readonly id: string
}

export type Damage = 'none' | 'minor' | 'medium' | 'substantial'

export interface Strike<D extends Damage> {
  readonly id: string
  readonly damage: D
  readonly airport: string
  readonly date: string
  readonly species: string
  /** In US dollars. */
  readonly cost: number
}

export type Report = Strike<'none'> | DamageReport
export type DamageReport = Strike<'minor'> | Strike<'medium'> | Strike<'substantial'>

/** Why a row cannot be right. */
export type Objection =
  | { readonly reason: 'unknown damage code'; readonly code: string }
  | { readonly reason: 'costs without damage'; readonly cost: number }

const DAMAGE: ReadonlyMap<string, Damage> = new Map([
  ['None', 'none'],
  ['Minor', 'minor'],
  ['Medium', 'medium'],
  ['Substantial', 'substantial'],
])

export async function identify(row: Row): Promise<IdentifiedRow> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(row)))
  return { ...row, id: Buffer.from(digest).toString('hex') }
}

export function readReport(row: IdentifiedRow): Either<Objection, Report> {
  const code = row['Effect Amount of damage']
  const cost = Number(row['Cost Total $'])
  const damage = DAMAGE.get(code)
  if (damage === undefined) return left({ reason: 'unknown damage code', code })
  if (damage === 'none' && cost > 0) return left({ reason: 'costs without damage', cost })
  return right({
    id: row.id,
    damage,
    airport: row['Airport Name'],
    date: row['Flight Date'],
    species: row['Wildlife Species'],
    cost,
  })
}

export function hasDamage(report: Report): report is DamageReport {
  return report.damage !== 'none'
}
