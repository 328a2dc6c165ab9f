/** `allora explain`: says what a code stands for. */
import { UsageError } from '../../errors/control-errors.ts'
import { quote } from '../../errors/describe-value.ts'
import { didYouMean } from '../../graph/did-you-mean.ts'
import type { Command } from '../command.ts'
import { EXPLANATIONS } from '../error-codes.ts'
import { EXIT } from '../exit-code.ts'
import { table } from '../terminal.ts'
import { wrapped } from '../wrapped.ts'

/** See above. */
export const explainCommand: Command = {
  name: 'explain',
  summary: 'say what a code such as ALLORA104 stands for',
  operands: '[code]',
  count: [0, 1],
  options: {},
  more: ['Without a code it lists them all. The letters may be left out: allora explain 104.'],
  async run({ terminal, operands: [given] }) {
    if (given === undefined) {
      terminal.tell(Object.entries(EXPLANATIONS).map(([code, { title }]) => ({ code, title })))
      terminal.say(table(Object.entries(EXPLANATIONS).map(([code, { title }]) => [code, title])).join('\n'))
      return EXIT.done
    }
    const code = given.toUpperCase().replace(/^(?=\d)/, 'ALLORA')
    const codes = Object.keys(EXPLANATIONS)
    const explained = Object.hasOwn(EXPLANATIONS, code) ? EXPLANATIONS[code] : undefined
    if (explained === undefined) {
      throw new UsageError(`There is no code ${quote(given)}. ${didYouMean(code, codes)}allora explain lists them all.`)
    }
    terminal.tell({ code, ...explained })
    terminal.say(
      [`${terminal.paint('bold', code)} ${explained.title}`, '', ...wrapped(explained.explanation)].join('\n'),
    )
    return EXIT.done
  },
}
