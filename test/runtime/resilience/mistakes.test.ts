/** Wrong resilience records with the compiler's words. */
import { expect, test } from 'vitest'
import { compileSnippets } from '../../tooling/compile.ts'

const prelude = `
import { direct, flow, queue } from 'allora'
import * as E from 'fp-ts/lib/Either.js'
declare const charge: (order: { readonly id: string }) => E.Either<'declined', string>
const start = flow('f').from(direct('orders').of<{ readonly id: string }>())
`.trim()

test('wrong records are told in words that say what is wrong', { timeout: 60_000 }, () => {
  const said = compileSnippets(
    {
      'a number instead of a policy': 'start.handle(charge, { retry: 3 })',
      'a retry without attempts': 'start.handle(charge, { retry: { delay: 100 } })',
      'a misspelt jitter': "start.handle(charge, { retry: { attempts: 3, jitter: 'equall' } })",
      'a failure that the function does not have':
        "start.handle(charge, { retry: { attempts: 3, when: (failure) => failure.kind === 'failure' && failure.error === 'decline' } })",
      'a key of another payload': 'start.handle(charge, { orderBy: (order) => order.customer })',
      'a breaker that never closes': 'start.handle(charge, { circuitBreaker: { failures: 3 } })',
      'a policy on a step without a function': "start.tap(queue('copies'), { retry: { attempts: 3 } })",
    },
    { prelude },
  )
  expect(said).toMatchInlineSnapshot(`
    {
      "a breaker that never closes": [
        "(1,24): error TS2741: Property 'resetAfter' is missing in type '{ failures: number; }' but required in type 'CircuitBreakerPolicy'.",
      ],
      "a failure that the function does not have": [
        "(1,95): error TS2367: This comparison appears to be unintentional because the types '"declined"' and '"decline"' have no overlap.",
      ],
      "a key of another payload": [
        "(1,50): error TS2339: Property 'customer' does not exist on type '{ readonly id: string; }'.",
      ],
      "a misspelt jitter": [
        "(1,46): error TS2820: Type '"equall"' is not assignable to type '"none" | "full" | "equal" | undefined'. Did you mean '"equal"'?",
      ],
      "a number instead of a policy": [
        "(1,24): error TS2322: Type 'number' is not assignable to type 'RetryOptions<"declined">'.",
      ],
      "a policy on a step without a function": [
        "(1,30): error TS2353: Object literal may only specify known properties, and 'retry' does not exist in type 'StepOptions'.",
      ],
      "a retry without attempts": [
        "(1,24): error TS2741: Property 'attempts' is missing in type '{ delay: number; }' but required in type 'RetryOptions<"declined">'.",
      ],
    }
  `)
})
