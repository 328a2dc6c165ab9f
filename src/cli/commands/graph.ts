/** `allora graph`: draws an app. */
import { toAscii, toDot, toJson, toMermaid } from '../../app/views.ts'
import type { AnyApp } from '../../app/app.ts'
import { UsageError } from '../../errors/control-errors.ts'
import { quote } from '../../errors/describe-value.ts'
import { didYouMean } from '../../graph/did-you-mean.ts'
import { findAppFile } from '../app-file.ts'
import { type Command, textOption } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { loadApp } from '../load-app.ts'
import { dotToSvg } from '../dot-to-svg.ts'

const FORMATS: Readonly<Record<string, (app: AnyApp) => string | Promise<string>>> = {
  ascii: toAscii,
  mermaid: toMermaid,
  dot: toDot,
  svg: (app) => dotToSvg(toDot(app)),
  json: toJson,
}

/** See above. */
export const graphCommand: Command = {
  name: 'graph',
  summary: 'draw an app',
  operands: '[file]',
  count: [0, 1],
  options: { format: { value: 'name', summary: 'ascii (if absent), mermaid, dot, svg or json' } },
  more: [
    'Mermaid is for Markdown files; dot for Graphviz; json is the data of the app, which is what',
    '--json alone gives. svg needs the package @viz-js/viz, or Graphviz.',
  ],
  async run(invocation) {
    const { terminal, operands } = invocation
    const format = textOption(invocation, 'format') ?? (terminal.json ? 'json' : 'ascii')
    const names = Object.keys(FORMATS)
    const draw = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined
    if (draw === undefined) {
      throw new UsageError(
        `There is no format ${quote(format)}. ${didYouMean(format, names)}The formats are ${names.join(', ')}.`,
      )
    }
    const { app } = await loadApp(findAppFile(operands[0]))
    const drawing = await draw(app)
    if (terminal.json && format !== 'json') terminal.tell({ format, drawing })
    else terminal.raw(drawing)
    return EXIT.done
  },
}
