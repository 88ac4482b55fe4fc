// Writes the updates that real Yjs makes for the hostile tests: `npm i yjs@13.6.33`, then `node make.mjs` in this folder.
// Seeded, so that it writes the same bytes again.
import * as Y from 'yjs'
import { writeFileSync } from 'node:fs'

let seed = 0x9e3779b9
const random = (n) => {
  seed ^= seed << 13; seed ^= seed >>> 17; seed ^= seed << 5
  return (seed >>> 0) % n
}
const words = ['a', 'hello ', '한글 ', '😀', '👩‍👩‍👧', 'é', '\r\n', '日本語', '**b**', 'x'.repeat(40)]

const session = (clients, edits, format) => {
  const docs = clients.map((id) => { const d = new Y.Doc(); d.clientID = id; return d })
  const updates = []
  docs.forEach((doc) => doc.on('update', (u, origin) => {
    if (origin === 'peer') return
    updates.push(u)
    // Two of three edits travel at once, the rest with the next exchange, so that edits are concurrent.
    if (random(3) > 0) docs.forEach((d) => d === doc || Y.applyUpdate(d, Y.encodeStateAsUpdate(doc), 'peer'))
  }))
  for (let i = 0; i < edits; i++) {
    const text = docs[random(docs.length)].getText('content')
    const at = random(text.length + 1)
    const what = random(format ? 6 : 4)
    if (what < 3) text.insert(at, words[random(words.length)])
    else if (what === 3) text.delete(at, Math.min(random(9), text.length - at))
    else text.format(at, Math.min(random(9), text.length - at), { [random(2) ? 'bold' : 'link']: [true, null, { href: 'x', n: 1.5 }][random(3)] })
  }
  return { docs, updates }
}

const out = (name, items) =>
  writeFileSync(`${name}.hex`, items.map((u) => Buffer.from(u).toString('hex')).join('\n') + '\n')

const one = session([7], 30, false)
out('yjs-one-writer', one.updates)
const three = session([1, 4294967295, 9007199254740991], 60, false)
out('yjs-three-writers', three.updates)
const rich = session([5, 300, 70000], 60, true)
out('yjs-formats', rich.updates)
const states = [one, three, rich].map((s) => Y.encodeStateAsUpdate(s.docs[0]))
out('yjs-states', states)
// An update with a hole in its clocks, as `mergeUpdates` writes it (a skip), and what a state vector leaves of a state.
const skip = Y.mergeUpdates([one.updates[0], one.updates[1], one.updates[4], one.updates[5]])
const sv = Y.encodeStateVectorFromUpdate(Y.mergeUpdates(three.updates.slice(0, 20)))
out('yjs-merged', [skip, Y.mergeUpdates(three.updates), Y.diffUpdate(states[1], sv)])
