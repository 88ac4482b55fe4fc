/** Bundles the editor's entry points into public/editor and prints what a page has to load; it is not part of the page. */
import { build } from "esbuild"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { brotliCompressSync, constants } from "node:zlib"

const here = dirname(fileURLToPath(import.meta.url))
const out = process.env.MARU_EDITOR_OUT ?? join(here, "../../public/editor")

/**
 * The Markdown mode drags in the HTML, CSS and JavaScript grammars and the completion package to colour raw
 * HTML, which Maru escapes. Only imports made by that mode are replaced: a fenced `html` block still gets the
 * real grammar, from a chunk of its own.
 */
const withoutHtml = {
  name: "markdown-without-html",
  setup(bundle) {
    bundle.onResolve({ filter: /^@codemirror\/(lang-html|autocomplete)$/ }, (args) =>
      args.importer.includes("/lang-markdown/") ? { path: join(here, "src/html-stub.ts") } : undefined)
  },
}

const shared = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  plugins: [withoutHtml],
}

const brotli = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length

/** The chunks an entry needs before it can run: static imports, followed to the end. */
function staticImports(outputs, entry) {
  const seen = new Set()
  const visit = (path) => {
    for (const { path: next, kind } of outputs[path].imports) {
      if (kind !== "import-statement" || seen.has(next)) continue
      seen.add(next)
      visit(next)
    }
  }
  visit(entry)
  return [...seen]
}

await rm(out, { recursive: true, force: true })
await mkdir(out, { recursive: true })

const split = await build({ ...shared, entryPoints: ["src/editor.ts"], splitting: true, chunkNames: "chunk-[hash]" })
const outputs = split.metafile.outputs
const entry = Object.keys(outputs).find((path) => outputs[path].entryPoint === "src/editor.ts")
const chunks = staticImports(outputs, entry)

// The chunks are named to boot, which asks for them beside editor.js instead of one round trip after it.
const names = chunks.map((path) => relative(out, join(here, path)))
await build({
  ...shared,
  entryPoints: ["src/boot.ts", "src/preview-worker.ts"],
  define: { EDITOR_CHUNKS: JSON.stringify(names) },
})
await writeFile(join(out, "manifest.json"), JSON.stringify({ "editor.js": names }) + "\n")

const weigh = async (name) => brotli(await readFile(join(out, name)))
const sizes = { "boot.js": await weigh("boot.js"), "preview-worker.js": await weigh("preview-worker.js") }
sizes["editor.js with its chunks"] = 0
for (const name of ["editor.js", ...names]) sizes["editor.js with its chunks"] += await weigh(name)
for (const [name, bytes] of Object.entries(sizes)) console.log(`${name}: ${(bytes / 1024).toFixed(1)} KB brotli`)

const BUDGET = 125 * 1024
if (sizes["editor.js with its chunks"] > BUDGET) {
  console.error(`editor.js is over its budget of ${BUDGET / 1024} KB brotli`)
  process.exitCode = 1
}
