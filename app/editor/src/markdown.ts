/** The language of the text: GitHub's Markdown, coloured, continued on Enter and folded by heading. */
import { markdown as support, markdownLanguage, insertNewlineContinueMarkup, deleteMarkupBackward } from "@codemirror/lang-markdown"
import { Prec, type Extension } from "@codemirror/state"
import { keys } from "./keys"
import { languageOf } from "./languages"

export function markdown(): Extension {
  return [
    support({ base: markdownLanguage, codeLanguages: languageOf, addKeymap: false, completeHTMLTags: false }),
    Prec.high(keys([
      { key: "Enter", run: insertNewlineContinueMarkup },
      { key: "Backspace", run: deleteMarkupBackward },
    ])),
  ]
}
