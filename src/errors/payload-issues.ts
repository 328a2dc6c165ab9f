/** What a schema has to say of a payload, in words. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { PayloadIssue } from './channel-errors.ts'
import { unusableResult } from './unusable-result.ts'

/** What a schema gave. Throws `HandlerResultError` when that is neither a value nor a list of issues. */
export function schemaResult(given: unknown): StandardSchemaV1.Result<unknown> {
  const result = Object(given) as StandardSchemaV1.Result<unknown>
  if (result.issues === undefined ? 'value' in result : Array.isArray(result.issues)) return result
  throw unusableResult(
    'The validate of a schema',
    '{ value } or { issues: [...] }, or a promise of it',
    given,
    'Correct the schema.',
  )
}

/** The names that lead to the part of the payload that is wrong. */
export const pathOf = ({ path = [] }: PayloadIssue): readonly string[] =>
  path.map((part) => String(typeof part === 'object' ? part.key : part))

/** An issue, with the place that it is about. */
export function issueInWords(issue: PayloadIssue): string {
  const at = pathOf(issue).join('.')
  return at === '' ? issue.message : `${at}: ${issue.message}`
}

/** Issues in one line. */
export const issuesInWords = (issues: readonly PayloadIssue[]): string => issues.map(issueInWords).join('; ')
