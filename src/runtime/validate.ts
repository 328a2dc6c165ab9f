/** Validates payloads where they come from outside the type checker, by the schema of their channel. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InvalidPayloadError, type PayloadIssue } from '../errors/channel-errors.ts'

/** What the schema makes of the payload; the payload itself without a schema. Rejects with `InvalidPayloadError`. */
export async function validate(
  schema: StandardSchemaV1 | undefined,
  payload: unknown,
  channelId: string,
): Promise<unknown> {
  if (schema === undefined) return payload
  const result = await schema['~standard'].validate(payload)
  if (result.issues === undefined) return result.value
  throw new InvalidPayloadError(
    `The payload does not fit the schema of channel "${channelId}": ${issuesInWords(result.issues)}. Nothing was sent.`,
    { channelId, issues: result.issues },
  )
}

/** The issues of a schema in one line. */
export function issuesInWords(issues: readonly PayloadIssue[]): string {
  return issues.map(inWords).join('; ')
}

function inWords({ message, path }: PayloadIssue): string {
  const at = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return at === '' ? message : `${at}: ${message}`
}
