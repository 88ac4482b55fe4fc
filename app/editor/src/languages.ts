/** Finds the grammar of a fenced code block, fetched when the first block names a language; it is the only door to them. */
import { LanguageDescription, type LanguageSupport } from "@codemirror/language"
import { plain } from "./html-stub"

let known: readonly LanguageDescription[] | null = null
const asked = new Map<string, LanguageDescription>()

async function list(): Promise<readonly LanguageDescription[]> {
  return (known ??= (await import("@codemirror/language-data")).languages)
}

/** The first word of what stands behind the fence, as GitHub reads it: ```` ```js title=x ```` is `js`. */
const wordOf = (info: string): string => /^[^\s,{]*/.exec(info.trim())?.[0].toLowerCase() ?? ""

async function load(word: string): Promise<LanguageSupport> {
  try {
    const found = LanguageDescription.matchLanguageName(await list(), word, false)
    return found ? await found.load() : plain
  } catch {
    // Offline and not fetched before: the block stays plain until the page is opened again.
    return plain
  }
}

/** The language of a fence, or null for none. Its grammar, and the list itself, arrive later. */
export function languageOf(info: string): LanguageDescription | null {
  const word = wordOf(info)
  if (!word || (known && !LanguageDescription.matchLanguageName(known, word, false))) return null
  let found = asked.get(word)
  if (!found) asked.set(word, (found = LanguageDescription.of({ name: word, load: () => load(word) })))
  return found
}
