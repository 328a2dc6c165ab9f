/** Validates payloads where they come from outside the type checker, by the schema of their channel. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InvalidPayloadError } from '../errors/channel-errors.ts'
import { issuesInWords, schemaResult } from '../errors/payload-issues.ts'

/** What the schema makes of the payload; the payload itself without a schema. Rejects with `InvalidPayloadError`. */
export async function validate(
  schema: StandardSchemaV1 | undefined,
  payload: unknown,
  channelId: string,
): Promise<unknown> {
  if (schema === undefined) return payload
  const result = schemaResult(await schema['~standard'].validate(payload))
  if (result.issues === undefined) return result.value
  throw new InvalidPayloadError(
    `The payload does not fit the schema of channel "${channelId}": ${issuesInWords(result.issues)}. Nothing was sent.`,
    { channelId, issues: result.issues },
  )
}
