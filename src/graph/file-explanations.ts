/** What each code of reading files stands for: `ALLORA6xx`. */
import type { FileCode } from './diagnostic-titles.ts'

/** The explanation of every code that reading a file reports. */
export const FILE_EXPLANATIONS: Readonly<Record<FileCode, string>> = {
  ALLORA601:
    'The file is not there, is a folder, or may not be read. Correct the path, which is taken from the folder of the file that names it, or from the working directory.',
  ALLORA602:
    'A file is longer, deeper nested, or repeats more by aliases than any sensible configuration does, or a flow in it has thousands of steps. The limits keep a broken or hostile file from taking all time and memory. Divide the file with include, and the flow by a channel.',
  ALLORA603:
    'The text breaks the rules of YAML itself: its indentation, quotes or brackets. Indent with spaces, items of one list to the same column, and quote texts that hold a colon with a space or begin with a sign such as & * ! @ [ or {.',
  ALLORA604: 'A mapping has one key twice, so one of the values would be lost. Remove one, or make a list of both.',
  ALLORA605:
    'Every file says which version of the format it is written in. version: 1 is that of Allora; version: 2 adds flows, transports, include and ${NAME}. It is a number without quotes.',
  ALLORA606: 'A key is not there without which the entry has no meaning. Add it.',
  ALLORA607:
    'A key means nothing here, so what it says would be ignored. Mostly it is mistyped, or indented too far or not far enough. In version 1 it is only a warning, since Allora ignores such keys too.',
  ALLORA608:
    'A value is not what its key needs: a text where a number should be, a list where a mapping should be, a number out of range, a word that is not among those allowed. A list has a dash before each item; a mapping has keys with a colon and a space.',
  ALLORA609:
    'Two entries of one kind have the same id. An entry without an id is given one such as channel:auto.1, which an entry after it must not take.',
  ALLORA610:
    'The text of when is not an expression of the filter language, such as header("tenant") == "acme" && body.contains("urgent").',
  ALLORA611:
    'The file refers to ${NAME}, and the environment has no such variable. Set it, or give a default: ${NAME:default}. Two dollar signs, $${, stand for the text itself.',
  ALLORA612: 'A file includes itself, directly or by another one. Remove one of the includes.',
  ALLORA613:
    'The file describes a transport, and nothing was given that can make one. Pass its factory to loadRuntime.',
  ALLORA614:
    'Something is accepted for the sake of files written for Allora, which ignores it without a word: an id that is no text, or an aggregator that no channel leads to.',
  ALLORA615:
    'A step follows another that ends the flow, or its id is that of another step, or it contradicts what is said elsewhere.',
  ALLORA616:
    'A reference to the environment is ${NAME}, or ${NAME:default}. This one has no closing bracket, so it stays as it is. Two dollar signs, $${, stand for the text itself.',
}
