/** What an expression of the filter language says, as data. */

/** An expression: true or false of a message. */
export type Expression = All | Any | Not | Comparison | Member | Match | Exists | Contains | Literal

/** Every part is true. */
export interface All {
  readonly kind: 'all'
  readonly parts: readonly Expression[]
}
/** At least one part is true. */
export interface Any {
  readonly kind: 'any'
  readonly parts: readonly Expression[]
}
/** The other way round. */
export interface Not {
  readonly kind: 'not'
  readonly part: Expression
}
/** Two values compared. */
export interface Comparison {
  readonly kind: 'comparison'
  readonly left: Subject
  readonly operator: Operator
  readonly right: Constant | Subject
}
/** A value is one of several. */
export interface Member {
  readonly kind: 'member'
  readonly left: Subject
  readonly values: readonly (Constant | Subject)[]
}
/** The text of a value has a part that fits a pattern. */
export interface Match {
  readonly kind: 'match'
  readonly left: Subject
  readonly pattern: string
}
/** A value is there, whatever it is. */
export interface Exists {
  readonly kind: 'exists'
  readonly subject: Subject
}
/** The payload is a text with this part. */
export interface Contains {
  readonly kind: 'contains'
  readonly text: string
}
/** The payload is exactly this text; written without quotes. */
export interface Literal {
  readonly kind: 'literal'
  readonly text: string
}

/** How two values are compared. */
export type Operator = (typeof OPERATORS)[number]

/** Longer ones first: so they are found in a text. */
export const OPERATORS = ['==', '!=', '<=', '>=', '<', '>'] as const

/** A value that stands in the expression. */
export interface Constant {
  readonly kind: 'constant'
  readonly value: string | number | boolean
}

/** A value that comes with the message. */
export type Subject = Named | Body | BodyJson

/** A header of the message, or a property of the exchange. */
export interface Named {
  readonly kind: 'header' | 'property'
  readonly name: string
}
/** The payload. */
export interface Body {
  readonly kind: 'body'
}
/** A part of the payload: `$.order.lines[0]`, or a JSON Pointer such as `/order/lines/0`. */
export interface BodyJson {
  readonly kind: 'bodyJson'
  readonly path: string
}

/** All of these; what is joined already is joined flatly, so that parentheses without effect leave no trace. */
export const allOf = (parts: readonly Expression[]): Expression => joined('all', parts)

/** Any of these, as flat. */
export const anyOf = (parts: readonly Expression[]): Expression => joined('any', parts)

function joined(kind: 'all' | 'any', parts: readonly Expression[]): Expression {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]))
  return flat.length === 1 ? flat[0]! : { kind, parts: flat }
}
