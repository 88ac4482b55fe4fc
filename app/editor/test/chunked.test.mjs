/** The tree kept in chunks is the tree of the whole text, whatever was changed and wherever. */
import assert from "node:assert/strict"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { after, before, test } from "node:test"
import { build } from "esbuild"
import { random } from "./support.mjs"

let folder, chunked, lezer
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "maru-editor-"))
  const outfile = join(folder, "chunked.mjs")
  const contents = `export { ChunkedParser } from "./src/chunked.ts"; export { parser, GFM } from "@lezer/markdown"; export { TreeFragment } from "@lezer/common"`
  await build({ stdin: { contents, resolveDir: join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..") }, outfile, bundle: true, format: "esm", platform: "neutral", mainFields: ["module", "main"] })
  lezer = await import(pathToFileURL(outfile))
  chunked = (size, reuseInside = true) => {
    const inner = lezer.parser.configure(lezer.GFM)
    if (!reuseInside) {
      const { startParse } = inner
      inner.startParse = (input, _fragments, ranges) => startParse.call(inner, input, [], ranges)
    }
    return new lezer.ChunkedParser(inner, size)
  }
})
after(() => rm(folder, { recursive: true }))

/** Every named node with its place. */
function outline(tree) {
  const lines = []
  tree.iterate({ enter: (node) => void (node.name !== "Chunk" && lines.push(`${node.name} ${node.from}-${node.to}`)) })
  return lines
}

const PIECES = [
  "# heading\n", "text\n", "\n", "\n\n", "    indented\n", "- item\n", "  more\n", "1. one\n", "> quote\n", "```js\n", "```\n", "~~~\n",
  "a | b\n", "--|--\n", "===\n", "---\n", "<div>\n", "</div>\n", "<!-- ", "-->\n", "**bold** and `code`\n", "[a]: http://x\n", "\t", " ", "x", "한글 문단\n", "- [ ] task\n",
]

function sameTree(pieces, reuseInside) {
  for (let seed = 1; seed <= 12; seed++) {
    const next = random(seed)
    const pick = () => pieces[Math.floor(next() * pieces.length)]
    const parser = chunked([40, 120, 400][seed % 3], reuseInside)
    let text = Array.from({ length: 150 }, pick).join("")
    let fragments = lezer.TreeFragment.addTree(parser.parse(text))
    for (let round = 0; round < 100; round++) {
      const from = Math.floor(next() * (text.length + 1))
      const to = next() < 0.5 ? from : Math.min(text.length, from + Math.floor(next() * 30))
      const insert = next() < 0.3 ? "" : pick()
      text = text.slice(0, from) + insert + text.slice(to)
      // No smallest gap: every leftover is offered for reuse.
      fragments = lezer.TreeFragment.applyChanges(fragments, [{ fromA: from, toA: to, fromB: from, toB: from + insert.length }], 1)
      const tree = parser.parse(text, fragments)
      assert.equal(tree.length, text.length)
      assert.deepEqual(outline(tree), outline(chunked().inner.parse(text)), `seed ${seed}, round ${round}`)
      fragments = lezer.TreeFragment.addTree(tree, fragments)
    }
  }
}

test("1,200 random changes: same tree as a parse from nothing", () => sameTree(PIECES, false))

// The Markdown parser's own reuse overlooks that a table's second line makes a table of its first.
test("and with the parser's own reuse inside a chunk", () => sameTree(PIECES.filter((piece) => !piece.startsWith("--|")), true))

test("a keystroke parses its own chunk again and no other", () => {
  const parser = chunked()
  const text = "A paragraph of some length, with *emphasis*.\n\n- a list\n- of two\n\n".repeat(16_000)
  const tree = parser.parse(text)
  const at = text.length >> 1
  const changed = text.slice(0, at) + "x" + text.slice(at)
  const fragments = lezer.TreeFragment.applyChanges(lezer.TreeFragment.addTree(tree), [{ fromA: at, toA: at, fromB: at, toB: at + 1 }])
  const after = parser.parse(changed, fragments)
  const old = new Set(tree.children)
  assert.ok(tree.children.length > 50)
  // Its own, and the last, which ends with the text and not with a block.
  assert.ok(after.children.filter((chunk) => !old.has(chunk)).length <= 3)
})
