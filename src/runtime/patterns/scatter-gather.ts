/** Scatter-gather: asks several branches at the same time and goes on with a record of their replies (rule T8). */
import { withHeaders } from '../../message/headers.ts'
import { type Either, isLeft } from 'fp-ts/lib/Either.js'
import { RequestTimeoutError, ScatterGatherError } from '../../errors/handling-errors.ts'
import type { ScatterGatherNode } from '../../graph/graph.ts'
import type { Behaviour } from '../behaviour.ts'
import { sentenceOf } from '../flow-error.ts'
import type { FlowRunner } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import { TypedFailureSignal } from '../outcome.ts'
import { SUSPENDED, type Step } from '../step.ts'

type Answer = PromiseSettledResult<Either<unknown, unknown>>

/**
 * Each branch is a request of its own, so its reply is found across channels, and the first of reply, failure, drop and timeout
 * answers it.
 */
export function scatterGather(of: Behaviour, step: Step, node: ScatterGatherNode): void {
  const { runner } = of
  const { gateway } = runner.host
  const starts = node.branches.map((name) => of.target(step, `branch:${name}`)!)
  step.enter = (frame) => {
    const options = {
      kind: 'call',
      channelId: frame.source.channelId,
      timeout: node.timeout,
      signal: frame.signal,
    } as const
    frame.pending = Promise.allSettled(
      starts.map((start, i) =>
        gateway.open(options, (replyTo) => runBranch(branchOf(frame, step, i + 1, replyTo), start, replyTo, runner)),
      ),
    )
    return SUSPENDED
  }
  step.resume = (frame, answers) => {
    // A stop is not the branches' failure.
    frame.signal.throwIfAborted()
    frame.become(gathered(node, answers as readonly Answer[]), frame.headers, step)
    return step.next
  }
}

function branchOf(frame: Frame, step: Step, number: number, replyTo: string): Frame {
  const message = frame.message.derive(frame.payload, withHeaders(frame.headers, { replyTo }), step.place, number)
  const branch = frame.branch(message)
  // While one branch waits, the others are still at work in the one place of their message.
  branch.lender = undefined
  return branch
}

/** Runs a branch to its end, maybe beyond the timeout: it is in flight until then. */
async function runBranch(branch: Frame, start: Step, replyTo: string, runner: FlowRunner): Promise<void> {
  const { host } = runner
  host.activity.enter()
  try {
    await runner.run(branch, start)
  } catch (error) {
    host.gateway.fail(replyTo, branch.failure ?? { kind: 'defect', cause: error }, error)
  }
  host.activity.leave()
}

/** The replies by branch. Throws for one that is missing, unless those are left out. */
function gathered({ branches, timeout, onFailure }: ScatterGatherNode, answers: readonly Answer[]): object {
  const replies = branches.flatMap((name, i) => {
    const answer = answers[i]!
    if (answer.status === 'fulfilled' && !isLeft(answer.value)) return [[name, answer.value.right] as const]
    if (onFailure === 'omit') return []
    // oxlint-disable-next-line typescript/only-throw-error -- no error, see the class
    if (answer.status === 'fulfilled') throw new TypedFailureSignal((answer.value as { readonly left: unknown }).left)
    throw noReply(name, timeout, answer.reason)
  })
  return Object.fromEntries(replies)
}

function noReply(name: string, timeout: number, cause: unknown): ScatterGatherError {
  const why =
    cause instanceof RequestTimeoutError ? `gave no reply within ${timeout} ms.` : `failed: ${sentenceOf(cause)}`
  return new ScatterGatherError(
    `The branch "${name}" ${why} Mend it, or leave out what fails with { onFailure: 'omit' }.`,
    { cause },
  )
}
