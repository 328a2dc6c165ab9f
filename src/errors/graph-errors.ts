/** Errors of graphs that come as data: codes `ALLORA5xx`. */
import { AlloraError } from './allora-error.ts'
import { quote } from './describe-value.ts'

/** One thing that is wrong with the data. */
export interface GraphProblem {
  /** Where: `nodes[3].channel`; empty for the whole. */
  readonly path: string
  /** As in "expected a string". */
  readonly expected: string
  /** As in "but it is the number 3". */
  readonly actual: string
  /** The name that was probably meant. */
  readonly suggestion?: string
}

/** How many problems the sentence lists; `problems` holds them all. */
const LISTED = 20

/** `ALLORA501`: the data is not a graph. `problems` names everything that is wrong with it. */
export class InvalidGraphError extends AlloraError {
  readonly code = 'ALLORA501'
  readonly problems: readonly GraphProblem[]

  constructor(what: 'graph' | 'app', problems: readonly GraphProblem[]) {
    const lines = problems.slice(0, LISTED).map((problem) => `\n  ${sentence(what, problem)}`)
    const more = problems.length > LISTED ? `\n  and ${problems.length - LISTED} more.` : ''
    super(`This is not the data of a${what === 'app' ? 'n' : ''} ${what}. Mend what follows:${lines.join('')}${more}`)
    this.problems = problems
  }
}

function sentence(what: string, { path, expected, actual, suggestion }: GraphProblem): string {
  const hint = suggestion === undefined ? '' : ` Did you mean ${quote(suggestion)}?`
  return `${path || `the ${what}`}: expected ${expected}, but it is ${actual}.${hint}`
}
