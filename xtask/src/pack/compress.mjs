/** Compresses the files that standard input lists as [from, brotli, gzip]; it decides nothing about which and where. */
import { readFile, rename, writeFile } from "node:fs/promises"
import { text } from "node:stream/consumers"
import { promisify } from "node:util"
import { brotliCompress, constants, gzip } from "node:zlib"

const { quality, jobs } = JSON.parse(await text(process.stdin))

/** An empty file stands for "not smaller". It comes by a rename, so an interrupted run leaves nothing half written. */
async function store(path, packed, original) {
  await writeFile(`${path}.new`, packed.length < original.length ? packed : "")
  await rename(`${path}.new`, path)
}

async function compress([from, brotli, gz]) {
  const original = await readFile(from)
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: original.length,
  }
  await store(brotli, await promisify(brotliCompress)(original, { params }), original)
  // The cache counts a file as done when its gzip twin is there, so that comes last.
  await store(gz, await promisify(gzip)(original, { level: 9 }), original)
}

// Node runs four at a time in its own threads.
await Promise.all(jobs.map(compress))
