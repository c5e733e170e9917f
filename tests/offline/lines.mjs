// A test's way into a Node process: it asks for an act by a line on stdin and hears the value on stdout. What the process wants
// from the world meanwhile (the network) is a line the other way.
import { createInterface } from 'node:readline'

const open = new Map()
let calls = 0

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')

/** Ask the test for something; `answered` hears its line. */
export function ask(what, answered) {
  const call = ++calls
  open.set(call, answered)
  say({ call, ...what })
}

/** Nobody waits for an answer any more. */
export const forget = () => open.clear()

export function serve(acts) {
  const lines = createInterface({ input: process.stdin })
  lines.on('close', () => process.exit()) // whatever timers still run
  lines.on('line', async (text) => {
    const line = JSON.parse(text)
    if (line.call) {
      const answered = open.get(line.call)
      open.delete(line.call)
      answered?.(line)
      return
    }
    try {
      say({ done: line.op, value: (await acts[line.act](line)) ?? null })
    } catch (error) {
      say({ done: line.op, error: String(error.stack) })
    }
  })
}
