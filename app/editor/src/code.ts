/** Colours the code blocks of the preview with the editor's grammars and its style; fetched when the first block needs it. */
import { highlightCode } from "@lezer/highlight"
import { StyleModule } from "style-mod"
import { languageOf } from "./languages"
import { markdownStyle } from "./theme"

/** Code units above which a block stays plain: parsing it would hold up the page. */
const LONGEST = 100_000

export async function colourCode(target: HTMLElement, nonce?: string): Promise<void> {
  if (markdownStyle.module) StyleModule.mount(document, markdownStyle.module, nonce ? { nonce } : {})
  for (const code of target.querySelectorAll<HTMLElement>("pre > code[class*=language-]:not([data-coloured])")) {
    code.dataset.coloured = ""
    const text = code.textContent ?? ""
    const language = languageOf(/language-(\S+)/.exec(code.className)?.[1] ?? "")
    if (!language || text.length > LONGEST) continue
    const { parser } = (await language.load()).language
    const coloured = document.createDocumentFragment()
    highlightCode(text, parser.parse(text), markdownStyle, (piece, classes) => {
      if (!classes) return coloured.append(piece)
      const span = document.createElement("span")
      span.className = classes
      span.textContent = piece
      coloured.append(span)
    }, () => coloured.append("\n"))
    code.replaceChildren(coloured)
  }
}
