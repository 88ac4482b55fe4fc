/** Certificates for a day, and whether somebody answers who shows one. */
import { execFile } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { get as getPlain } from "node:http"
import { get as getSecure } from "node:https"
import { join } from "node:path"
import { promisify } from "node:util"

/** A certificate that nobody signed, for a day: in two files for nginx and Maru itself, in one for HAProxy. */
export async function makeCertificate(folder: string): Promise<void> {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")]
  await promisify(execFile)("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
    "-subj", "/CN=Maru end to end", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
  ])
  await writeFile(join(folder, "both.pem"), (await readFile(certificate, "utf8")) + (await readFile(key, "utf8")))
}

/** Whether something is answered with 200. */
export function answers(url: string): Promise<boolean> {
  return new Promise((done) => {
    const get = url.startsWith("https") ? getSecure : getPlain
    const request = get(url, { agent: false, rejectUnauthorized: false }, (answer) => {
      answer.resume()
      done(answer.statusCode === 200)
    })
    request.on("error", () => done(false))
  })
}
