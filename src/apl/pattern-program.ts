/**
 * Runs a pattern in time linear in the text: all ways to match are followed at once, character by character (Thompson 1968), where a
 * backtracking engine tries one after the other and may need longer than the universe exists.
 */
import { match } from 'ts-pattern'
import { AplSyntax } from './apl-error.ts'
import { type CharacterSet, type Pattern, type Position, isWord, parsePattern } from './pattern.ts'

/** A pattern that is ready to be tested. */
export interface PatternProgram {
  /** Whether some part of the text matches. */
  test(text: string): boolean
}

type Instruction =
  | { readonly kind: 'characters'; readonly set: CharacterSet }
  | { readonly kind: 'position'; readonly at: Position }
  | { readonly kind: 'jump'; readonly targets: number[] }
  | { readonly kind: 'match' }

/** Instructions of a program at most: what one character of the text can cost. */
const LARGEST = 2000

/** Compiles a pattern. Throws {@link AplSyntax} for one that is none, or would be too large. */
export function compilePattern(text: string): PatternProgram {
  const program: Instruction[] = []
  emit(parsePattern(text), program, text.length)
  program.push({ kind: 'match' })
  return { test: (subject) => run(program, subject) }
}

function emit(pattern: Pattern, program: Instruction[], length: number): void {
  if (program.length > LARGEST) {
    throw new AplSyntax('The pattern is too large: its counts multiply.', 0, length, 'Use smaller counts.')
  }
  match(pattern)
    .with({ kind: 'characters' }, { kind: 'position' }, (instruction) => void program.push(instruction))
    .with({ kind: 'sequence' }, ({ parts }) => parts.forEach((part) => emit(part, program, length)))
    .with({ kind: 'choice' }, ({ parts }) => {
      const fork: number[] = []
      const end: number[] = []
      program.push({ kind: 'jump', targets: fork })
      for (const part of parts) {
        fork.push(program.length)
        emit(part, program, length)
        program.push({ kind: 'jump', targets: end })
      }
      end.push(program.length)
    })
    .with({ kind: 'repeat' }, ({ part, least, most }) => {
      for (let i = 0; i < least; i++) emit(part, program, length)
      if (most === Infinity) emitLoop(part, program, length)
      else for (let i = least; i < most; i++) emitOptional(part, program, length)
    })
    .exhaustive()
}

function emitLoop(part: Pattern, program: Instruction[], length: number): void {
  const start = program.length
  const fork = [start + 1]
  program.push({ kind: 'jump', targets: fork })
  emit(part, program, length)
  program.push({ kind: 'jump', targets: [start] })
  fork.push(program.length)
}

function emitOptional(part: Pattern, program: Instruction[], length: number): void {
  const fork = [program.length + 1]
  program.push({ kind: 'jump', targets: fork })
  emit(part, program, length)
  fork.push(program.length)
}

function run(program: readonly Instruction[], text: string): boolean {
  let states = new States(program)
  let next = new States(program)
  let before = -1
  let at = 0
  for (;;) {
    const code = at < text.length ? text.codePointAt(at)! : -1
    // A match may begin at every character.
    if (states.add(0, before, code) || states.complete(before, code)) return true
    if (code < 0) return false
    next.clear()
    states.step(code, next)
    before = code
    at += code > 0xffff ? 2 : 1
    ;[states, next] = [next, states]
  }
}

/** The instructions that wait for a character: a set that remembers its order and is emptied in no time. */
class States {
  private readonly program: readonly Instruction[]
  private readonly marks: Uint32Array
  private generation = 1
  private entered: number[] = []
  private waiting: number[] = []

  constructor(program: readonly Instruction[]) {
    this.program = program
    this.marks = new Uint32Array(program.length)
  }

  clear(): void {
    this.generation++
    this.entered.length = 0
    this.waiting.length = 0
  }

  /** Notes an instruction to go on from when the next character is known. */
  enter(index: number): void {
    this.entered.push(index)
  }

  /** Follows what was noted; true when that is a match. */
  complete(before: number, code: number): boolean {
    return this.entered.some((index) => this.add(index, before, code))
  }

  /** Follows jumps and positions from an instruction; true at a match. Each instruction is visited once for a character, so loops end. */
  add(index: number, before: number, code: number): boolean {
    const stack = [index]
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      if (this.marks[i] === this.generation) continue
      this.marks[i] = this.generation
      const instruction = this.program[i]!
      if (instruction.kind === 'match') return true
      if (instruction.kind === 'characters') this.waiting.push(i)
      else if (instruction.kind === 'jump') stack.push(...instruction.targets)
      else if (isAt(instruction.at, before, code)) stack.push(i + 1)
    }
    return false
  }

  /** Takes one character: where it fits, the next instruction is noted. */
  step(code: number, next: States): void {
    for (const index of this.waiting) {
      const instruction = this.program[index]!
      if (instruction.kind === 'characters' && includes(instruction.set, code)) next.enter(index + 1)
    }
  }
}

function includes({ ranges, negated }: CharacterSet, code: number): boolean {
  for (const [from, to] of ranges) if (code >= from && code <= to) return !negated
  return negated
}

function isAt(position: Position, before: number, code: number): boolean {
  switch (position) {
    case 'start':
      return before < 0
    case 'end':
      return code < 0
    case 'boundary':
      return isWord(before) !== isWord(code)
    case 'inside':
      return isWord(before) === isWord(code)
  }
}
