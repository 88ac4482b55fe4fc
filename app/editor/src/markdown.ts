/** The language of the text: GitHub's Markdown, coloured, continued on Enter and folded by heading. */
import { markdown as support, markdownLanguage, insertNewlineContinueMarkup, deleteMarkupBackward } from "@codemirror/lang-markdown"
import { Language, LanguageSupport } from "@codemirror/language"
import { Prec, type Extension } from "@codemirror/state"
import type { MarkdownParser } from "@lezer/markdown"
import { blockLines } from "./block-lines"
import { ChunkedParser } from "./chunked"
import { keys } from "./keys"
import { languageOf } from "./languages"

export function markdown(): Extension {
  const whole = support({ base: markdownLanguage, codeLanguages: languageOf, addKeymap: false, completeHTMLTags: false })
  const parser = new ChunkedParser(whole.language.parser as MarkdownParser)
  return [
    new LanguageSupport(new Language(whole.language.data, parser, [], "markdown"), whole.support),
    blockLines,
    Prec.high(keys([
      { key: "Enter", run: insertNewlineContinueMarkup },
      { key: "Backspace", run: deleteMarkupBackward },
    ])),
  ]
}
