/** Arbitrary expressions of the filter language, and messages that some of them are true of. */
import fc, { type Arbitrary } from 'fast-check'
import { type Constant, type Expression, OPERATORS, type Subject, allOf, anyOf } from '../../src/apl/expression.ts'

/** What a test is asked about. */
export interface Asked {
  readonly payload: unknown
  readonly headers: Readonly<Record<string, unknown>>
  readonly properties: ReadonlyMap<string, unknown>
}

const NAMES = [
  'tier',
  'count',
  '__proto__',
  'constructor',
  'toString',
  'a"b',
  `it's`,
  'back\\slash',
  '&& ||',
  '(',
  ' x ',
]
const name = fc.oneof(fc.constantFrom(...NAMES), fc.string({ minLength: 1, maxLength: 6, unit: 'binary' }))

/** Few values, so that they meet. */
const scalar = fc.constantFrom<string | number | boolean>(
  'gold',
  '10',
  '9',
  '1.0',
  '',
  'true',
  10,
  9.5,
  -1,
  true,
  false,
)
const anyScalar = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.string({ maxLength: 8 }),
  fc.double({ noDefaultInfinity: true, noNaN: true }).filter((n) => !Object.is(n, -0)),
)

const subject: Arbitrary<Subject> = fc.oneof(
  fc.record({ kind: fc.constantFrom('header' as const, 'property' as const), name }),
  fc.constant({ kind: 'body' as const }),
  fc.record({
    kind: fc.constant('bodyJson' as const),
    path: fc.oneof(
      fc.constantFrom(
        '$.tier',
        '/tier',
        '$',
        'lines[0].sku',
        '/lines/0/sku',
        '$.lines[9]',
        '$.__proto__',
        '/constructor',
      ),
      name,
    ),
  }),
)
const constant: Arbitrary<Constant> = anyScalar.map((value) => ({ kind: 'constant', value }))
const value: Arbitrary<Constant | Subject> = fc.oneof({ weight: 3, arbitrary: constant }, subject)

const word = fc.constantFrom(
  'KEEP',
  'body',
  'header',
  'exists',
  'true',
  '42',
  'in',
  'Größe',
  `it's`,
  'R&D',
  'a|b',
  'Hi!',
  'x.y',
)
const literal = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '))

const comparison: Arbitrary<Expression> = fc
  .record({
    kind: fc.constant('comparison' as const),
    left: subject,
    operator: fc.constantFrom(...OPERATORS),
    right: value,
  })
  .filter(
    ({ operator, right }) => !(/[<>]/.test(operator) && right.kind === 'constant' && typeof right.value === 'boolean'),
  )

const atom: Arbitrary<Expression> = fc.oneof(
  { weight: 4, arbitrary: comparison },
  fc.record({
    kind: fc.constant('member' as const),
    left: subject,
    values: fc.array(value, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('match' as const),
    left: subject,
    pattern: fc.constantFrom('^g', 'o[kl]d$', '\\d+', `a"b'`, '', '^(gold|10)$'),
  }),
  fc.record({ kind: fc.constant('exists' as const), subject }),
  fc.record({ kind: fc.constant('contains' as const), text: fc.oneof(fc.constantFrom('gold', '1', '"tier"'), name) }),
  literal.map((text): Expression => ({ kind: 'literal', text })),
)

/** Expressions of every kind, nested a few deep. */
export const arbitraryExpression: Arbitrary<Expression> = fc.letrec<{ expression: Expression }>((tie) => {
  const parts = fc.array(tie('expression'), { minLength: 2, maxLength: 3 })
  return {
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      atom,
      parts.map(allOf),
      parts.map(anyOf),
      tie('expression').map((part): Expression => ({ kind: 'not', part })),
    ),
  }
}).expression

const json = fc.oneof(
  fc.record({
    tier: fc.oneof(scalar, fc.constant(null)),
    lines: fc.array(fc.record({ sku: scalar }), { maxLength: 1 }),
  }),
  fc.jsonValue({ maxDepth: 2 }),
)

/** Messages that have what the expressions ask for, more often than chance would. */
export const arbitraryAsked: Arbitrary<Asked> = fc.record({
  payload: fc.oneof(
    json,
    json.map((payload) => JSON.stringify(payload)),
    literal,
    scalar,
    fc.constantFrom(undefined, null, '{"tier":1.0}', '{"tier":', Symbol('x'), 10n),
  ),
  headers: fc.dictionary(name, scalar),
  properties: fc.array(fc.tuple(name, scalar)).map((entries) => new Map(entries)),
})
