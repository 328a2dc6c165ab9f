/** Bytes of a socket become lines, none of them longer than agreed. */
import type { Socket } from 'node:net'

/** Calls `onLine` with each line. One of more than `longest` bytes ends the reading; `onTooLong` says so to the other side. */
export function readLines(
  socket: Socket,
  longest: number,
  onLine: (line: string) => void,
  onTooLong: () => void,
): void {
  let pieces: Buffer[] = []
  let size = 0
  const read = (chunk: Buffer): void => {
    let from = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const line = Buffer.concat([...pieces, chunk.subarray(from, end)])
      pieces = []
      size = 0
      from = end + 1
      if (line.length > longest) return stop()
      const text = line.toString('utf8').trim()
      if (text !== '') onLine(text)
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from))
    size += chunk.length - from
    if (size > longest) stop()
  }
  const stop = (): void => {
    socket.off('data', read)
    // What else comes is thrown away, so that the other side can still read why.
    socket.resume()
    onTooLong()
  }
  socket.on('data', read)
}
