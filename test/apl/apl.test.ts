/** The filter language: what Allora's expressions mean, what ours add, and what each mistake is told. */
import { expect, test } from 'vitest'
import { formatAplError, parseApl } from 'allora/apl'

const ask = (text: string, payload: unknown, headers: Record<string, unknown> = {}, properties = {}): boolean => {
  const parsed = parseApl(text)
  if (parsed._tag === 'Left') throw new Error(formatAplError(text, parsed.left))
  return parsed.right.test({ payload, headers }, new Map(Object.entries(properties)))
}

const closed =
  '{"action":"closed","merged":true,"amount":100,"rate":1.0,"none":null,"lines":[{"sku":"A"}],"big":12345678901234567890}'

// Expressions that Allora understands, with its own answers.
test.each<[string, unknown, Record<string, unknown>, boolean]>([
  ['header("x-bot") == "hello" && body.contains("URGENT")', 'URGENT issue', { 'x-bot': 'hello' }, true],
  ['header("x-bot") == "hello" && body.contains("URGENT")', 'issue', { 'x-bot': 'hello' }, false],
  ['header("X-Bot") == "hello"', '', { 'x-bot': 'hello' }, false],
  ['exists(header("Trace-Id"))', '', { 'Trace-Id': '' }, true],
  ['exists(header("Trace-Id"))', '', {}, false],
  ['KEEP', 'KEEP', {}, true],
  ['  KEEP me  ', 'KEEP me', {}, true],
  ['KEEP', 'KEEP ', {}, false],
  ['KEEP || DROP', 'DROP', {}, true],
  ['true', 'true', {}, true],
  ['true', true, {}, false],
  ['R&D', 'R&D', {}, true],
  ['Hello, World!', 'Hello, World!', {}, true],
  ['header("a") == "1" || header("b") == "1" && header("c") == "1"', '', { a: '1' }, true],
  ['header("a") == "1" && header("b") == "1" || header("c") == "1"', '', { c: '1' }, true],
  ['header("a") == "1" || header("b") == "1" && header("c") == "1"', '', { b: '1' }, false],
  ['body.json("$.action") == "closed" && body.json("$.merged") == "true"', closed, {}, true],
  ['body.json("/lines/0/sku") == "A"', closed, {}, true],
  ['body.json("lines[0].sku") == "A"', closed, {}, true],
  ['body.json("$.lines[0]") == "{"', closed, {}, false],
  ['body.json("$.amount") == "100"', closed, {}, true],
  ['body.json("$.rate") == "1.0"', closed, {}, true],
  ['body.json("$.rate") == "1"', closed, {}, false],
  ['body.json("$.big") == "12345678901234567890"', closed, {}, true],
  ['body.json("$.none") == "null"', closed, {}, true],
  ['body.json("$.gone") == "null"', closed, {}, false],
  ['body.json("$.gone") == ""', closed, {}, false],
  ['body.json("$.lines[00]") == "x"', closed, {}, false],
  ['body.json("$") == "3"', '3', {}, false],
  ['body.json("$.a") == "b"', 'not json', {}, false],
  ['body.json("$.a") == "b"', '', {}, false],
  ['header("path") == "C:\\temp\\"', '', { path: 'C:\\temp\\' }, true],
])('as Allora: %s of %j with %j is %s', (text, payload, headers, expected) => {
  expect(ask(text, payload, headers)).toBe(expected)
})

test.each<[string, unknown, Record<string, unknown>, boolean]>([
  ['body.contains("a && b")', 'x a && b y', {}, true],
  ['header("a") == "x || y"', '', { a: 'x || y' }, true],
  ['(KEEP || MAYBE) && exists(header("id"))', 'MAYBE', { id: 1 }, true],
  ['!exists(header("id"))', '', {}, true],
  ['!(KEEP)', 'DROP', {}, true],
  ['!!KEEP', 'KEEP', {}, true],
  ['header("tier") != "gold"', '', { tier: 'silver' }, true],
  ['header("tier") != "gold"', '', {}, true],
  ['header("n") > 9', '', { n: '10' }, true],
  ['header("n") > "9"', '', { n: '10' }, false],
  ['header("n") < 9', '', {}, false],
  ['header("n") >= 9', '', {}, false],
  ['body.json("$.total") >= 99.5', { total: 99.5 }, {}, true],
  ['body.json("$.rate") == 1', closed, {}, true],
  ['body.json("$.merged") == true', closed, {}, true],
  ['body.json("$.merged") == false', closed, {}, false],
  ['body.json("$.date") < "2026-02-01"', { date: '2026-01-31' }, {}, true],
  ['body.json("$.tier") in ("gold", "silver", 3)', { tier: 3 }, {}, true],
  ['header("tier") in ("gold", header("other"))', '', { tier: 'x', other: 'x' }, true],
  ['header("id") matches "^A[0-9]{2}$"', '', { id: 'A17' }, true],
  ['header("id") matches "^A[0-9]{2}$"', '', { id: 'A171' }, false],
  ['body matches "(?:urgent|now)"', 'do it now', {}, true],
  ['body == "gold"', 'gold', {}, true],
  ['body == 3', 3, {}, true],
  [`body.contains('say "hi"')`, 'say "hi"', {}, true],
  [`header('it\\'s') == "x"`, '', { "it's": 'x' }, true],
  ['property("seen") == true', '', {}, true],
  ['header("a") == header("b")', '', { a: 1, b: '1.0' }, true],
  ['header("a") == header("b")', '', {}, false],
  ['exists( body.json("$.none") )', closed, {}, true],
  ['exists(body)', undefined, {}, false],
  ['header("when") matches "Z$"', '', { when: () => 'Z' }, false],
])('beyond Allora: %s of %j with %j is %s', (text, payload, headers, expected) => {
  expect(ask(text, payload, headers, { seen: true })).toBe(expected)
})

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('the name %s reaches no prototype', (name) => {
  for (const subject of [
    `header("${name}")`,
    `property("${name}")`,
    `body.json("$.${name}")`,
    `body.json("/a/${name}")`,
  ]) {
    expect(ask(`exists(${subject})`, { a: 'text' })).toBe(false)
    expect(ask(`exists(${subject})`, '{"a":[]}')).toBe(false)
  }
  expect(ask(`header("${name}") == "x"`, '', JSON.parse(`{"${name}":"x"}`))).toBe(true)
  expect(ask(`body.json("$.${name}") == "x"`, `{"${name}":"x"}`)).toBe(true)
})

test('an expression has one way to be written', () => {
  const parsed = parseApl(' ( (header( "a" )=="b")&&(KEEP) ) && !( exists(header("c")) ) ')
  expect(parsed._tag === 'Right' && parsed.right.print()).toBe('header("a") == "b" && KEEP && !exists(header("c"))')
})

test('a payload that cannot be written as JSON has no text', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  expect(ask('body == "x" || body != "x"', circle)).toBe(true)
  expect(ask('body matches "."', circle)).toBe(false)
})

const MISTAKES = [
  '', '   ', '&& KEEP', 'KEEP &&', 'KEEP || || DROP', 'heder("tier") == "gold"', 'header(tier) == "gold"', 'header("tier") = "gold"',
  'header("tier") === "gold"', 'header("tier") == gold', 'header("tier")', 'header("tier" == "gold"', 'header("") == "gold"',
  'header("tier") == "gold', `header('tier\\n') == "gold"`, 'exists("tier")', 'exists header("tier")', 'body.contians("x")', 'body.contains(x)',
  'body.status == "open"', 'body.contains("")', 'header("a") == "b" and exists(header("c"))', 'header("a") == "b" & exists(header("c"))',
  'KEEP | DROP', '(KEEP || DROP', 'KEEP)', 'KEEP (now)', 'a == b', 'header("a") in "x"', 'header("a") in ()', 'header("a") in ("x"', 'header("a") > true',
  'header("a") == 1e999', 'header("a") == 012', 'header("a") matches a+', 'header("a") matches "(?=x)"', 'header("a") matches "a{9,1}"',
  `header("a") matches 'it\\'s ('`, '!', 'foo("a")', 'KEEP <now>', 'header "a"', 'body.json("$.a")', '"gold" == header("tier")', `header("a") == "b"\n  && heade("c") == "d"`,
  `${'(KEEP) || '.repeat(20)}heder("a") == "b"`, `${'('.repeat(65)}KEEP`, '!'.repeat(65), 'x'.repeat(10_001),
] // prettier-ignore

test('every mistake is shown with its place, and says what to write', async () => {
  const shown = MISTAKES.map((text) => {
    const parsed = parseApl(text)
    return parsed._tag === 'Left' ? formatAplError(text, parsed.left) : `UNDERSTOOD: ${text}`
  })
  await expect(`${shown.join('\n\n')}\n`).toMatchFileSnapshot('./mistakes.txt')
})
