/** The JSON Schemas of both versions, for editors: made of the shapes that the compiler reads by. */
import { match } from 'ts-pattern'
import { DOCUMENT_1, DOCUMENT_2 } from './document-shape.ts'
import type { ByKeyShape, KeyShape, NameKind, RecordShape, Shape, StepShape } from './shape.ts'

/** A part of a JSON Schema. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** Names of the user's own, for editors to complete. */
export interface SchemaNames {
  readonly services?: Iterable<string>
  readonly channels?: Iterable<string>
  readonly flows?: Iterable<string>
  readonly transports?: Iterable<string>
}

/**
 * The JSON Schema (2020-12) of a version. Names that are given are offered by editors; others stay allowed, since a file may
 * declare its own.
 *
 * @example
 * ```ts
 * import { alloraSchema } from 'allora/yaml'
 *
 * const schema = alloraSchema(1, { services: ['hello_world'] })
 * console.log(Object.keys(schema['properties'] as object).slice(0, 2)) // => ['version', 'channels']
 * ```
 */
export function alloraSchema(version: 1 | 2, names: SchemaNames = {}): JsonSchema {
  return new SchemaWriter(version).whole(version === 1 ? DOCUMENT_1 : DOCUMENT_2, names)
}

/** A value that the environment gives, wherever something else than text is asked for. */
const REFERENCE: JsonSchema = { type: 'string', pattern: '\\$\\{' }

const DEFINITIONS: Readonly<Record<NameKind, string>> = {
  channel: 'channelName',
  flow: 'flowName',
  function: 'serviceName',
  transport: 'transportName',
}

class SchemaWriter {
  private readonly version: 1 | 2
  private readonly definitions = new Map<string, JsonSchema>()

  constructor(version: 1 | 2) {
    this.version = version
  }

  whole(shape: RecordShape, { services = [], channels = [], flows = [], transports = [] }: SchemaNames): JsonSchema {
    for (const [kind, names] of Object.entries({
      channel: channels,
      flow: flows,
      function: services,
      transport: transports,
    })) {
      this.definitions.set(DEFINITIONS[kind as NameKind], nameSchema([...names]))
    }
    const whole = this.record(shape)
    return {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:allora:schema:${this.version}`,
      title: `Allora, version ${this.version}`,
      ...whole,
      $defs: Object.fromEntries(this.definitions),
    }
  }

  private of(shape: Shape): JsonSchema {
    return match<Shape, JsonSchema>(shape)
      .with({ is: 'text' }, ({ names, mayBeEmpty, pattern }) => {
        if (names !== undefined) return { $ref: `#/$defs/${DEFINITIONS[names]}` }
        const text = {
          type: 'string',
          ...(mayBeEmpty !== true && { minLength: 1 }),
          ...(pattern !== undefined && { pattern }),
        }
        return pattern === undefined ? text : this.orReference(text)
      })
      .with({ is: 'number' }, ({ least, most, whole, word }) => {
        const number = {
          type: whole ? 'integer' : 'number',
          minimum: least,
          ...(most !== undefined && { maximum: most }),
        }
        return this.orReference(...(word === undefined ? [number] : [number, { const: word }]))
      })
      .with({ is: 'flag' }, ({ only }) => this.orReference(only === true ? { const: true } : { type: 'boolean' }))
      .with({ is: 'oneOf' }, ({ values }) =>
        values.length === 1 ? { const: values[0] } : this.orReference({ enum: values }),
      )
      .with({ is: 'list' }, ({ of, least }) => ({
        type: 'array',
        items: this.of(of),
        ...(least !== undefined && { minItems: least }),
      }))
      .with({ is: 'map' }, ({ of, least }) => ({
        type: 'object',
        additionalProperties: this.of(of),
        ...(least !== undefined && { minProperties: least }),
      }))
      .with({ is: 'record' }, (record) => this.record(record))
      .with({ is: 'byKind' }, ({ number, text, list, mapping }) => ({
        anyOf: [number, text, list, mapping].flatMap((each) => (each === undefined ? [] : [this.of(each)])),
      }))
      .with({ is: 'byKey' }, (choice) => this.choice(choice))
      .with({ is: 'step' }, (step) => this.step(step))
      .with({ is: 'lazy' }, ({ name, shape: inner }) => {
        if (!this.definitions.has(name)) {
          // Known before it is written, since it leads to itself.
          this.definitions.set(name, {})
          this.definitions.set(name, this.of(inner()))
        }
        return { $ref: `#/$defs/${name}` }
      })
      .with({ is: 'any' }, () => ({}))
      .exhaustive()
  }

  private step({ operators }: StepShape): JsonSchema {
    const alone = Object.entries(operators).flatMap(([name, { keys }]) =>
      keys[name]!.mayBeEmpty === true ? [name] : [],
    )
    return { anyOf: [...Object.values(operators).map((record) => this.record(record)), { enum: alone }] }
  }

  private record({ keys, open, what }: RecordShape): JsonSchema {
    const required = Object.keys(keys).filter((key) => keys[key]!.required === true)
    return {
      type: 'object',
      title: what,
      properties: Object.fromEntries(Object.entries(keys).map(([key, shape]) => [key, this.key(shape)])),
      ...(required.length > 0 && { required }),
      ...(open !== true && { additionalProperties: false }),
    }
  }

  private key({ shape, mayBeEmpty, says }: KeyShape): JsonSchema {
    const schema = this.of(shape)
    const nullable = mayBeEmpty === true ? { anyOf: [schema, { type: 'null' }] } : schema
    return says === undefined ? nullable : { description: says, ...nullable }
  }

  private choice({ with: first, without }: ByKeyShape): JsonSchema {
    return { anyOf: [this.record(first), this.of(without)] }
  }

  /** Version 2 may take any value from the environment. */
  private orReference(...schemas: readonly JsonSchema[]): JsonSchema {
    const any = this.version === 2 ? [...schemas, REFERENCE] : schemas
    return any.length === 1 ? any[0]! : { anyOf: any }
  }
}

const nameSchema = (names: readonly string[]): JsonSchema => ({
  type: 'string',
  minLength: 1,
  ...(names.length > 0 && { anyOf: [{ enum: names }, {}] }),
})
