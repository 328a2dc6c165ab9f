/** `allora schema`: writes the JSON Schema of YAML files, for editors. */
import { existsSync } from 'node:fs'
import { isRight } from 'fp-ts/lib/Either.js'
import { UsageError } from '../../errors/control-errors.ts'
import { quote } from '../../errors/describe-value.ts'
import type { SchemaNames } from '../../yaml/json-schema.ts'
import { type Command, textOption } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { importModule, servicesIn } from '../exports.ts'

/** See above. */
export const schemaCommand: Command = {
  name: 'schema',
  summary: 'write the JSON Schema of YAML files, for editors',
  operands: '[file]',
  count: [0, 1],
  options: {
    format: { value: '1|2', summary: 'the version of the format; absent = 2' },
    services: { value: 'file', summary: 'a module, whose services editors are to complete' },
  },
  more: [
    'Editors complete the channels, flows and transports of the file too. In YAML, say where the',
    'schema is: # yaml-language-server: $schema=./allora.schema.json',
  ],
  async run(invocation) {
    const { terminal, operands } = invocation
    const format = textOption(invocation, 'format') ?? '2'
    if (format !== '1' && format !== '2') {
      throw new UsageError(`--format must be 1 or 2, the versions of the format, but it is ${quote(format)}.`)
    }
    const { alloraSchema } = await import('../../yaml/json-schema.ts')
    const services = textOption(invocation, 'services')
    const names = {
      ...(operands[0] === undefined ? {} : await namesIn(operands[0])),
      ...(services !== undefined && { services: Object.keys(servicesIn(await importModule(services))) }),
    }
    terminal.raw(JSON.stringify(alloraSchema(format === '1' ? 1 : 2, names), null, terminal.json ? undefined : 2))
    return EXIT.done
  },
}

/** The names of a file; none while it is wrong, since the schema is to help to mend it. */
async function namesIn(file: string): Promise<SchemaNames> {
  if (!existsSync(file)) throw new UsageError(`There is no file ${quote(file)}.`)
  const { parseAllora } = await import('../../yaml/parse-allora.ts')
  const parsed = parseAllora({ file })
  if (!isRight(parsed)) return {}
  const { graph, transports } = parsed.right
  const channels = [...graph.flows.flatMap((flow) => flow.channels), ...(graph.channels ?? [])]
  return {
    channels: new Set(channels.map(({ id }) => id)),
    flows: graph.flows.map(({ id }) => id),
    transports: Object.keys(transports),
  }
}
