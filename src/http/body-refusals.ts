/** What a client is told whose body cannot be read. */
import { Refusal, problem } from './answer.ts'

/** The client went away, or was too slow, before all was there. */
export const endedEarly = (): Refusal => new Refusal(problem(400, 'The body did not come to its end.'))

/** The body is longer than it may be. */
export const tooLong = (limit: number): Refusal =>
  new Refusal(problem(413, `The body may have ${limit} bytes at most.`))
