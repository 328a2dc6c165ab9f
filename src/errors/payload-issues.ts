/** What a schema has to say of a payload, in words. */
import type { PayloadIssue } from './channel-errors.ts'

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
