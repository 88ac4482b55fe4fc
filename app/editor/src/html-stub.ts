/** Stands in for the HTML grammar and the completion package inside the Markdown mode; it colours nothing and completes nothing. */
import { Language, LanguageSupport, defineLanguageFacet } from "@codemirror/language"
import { NodeSet, NodeType, Parser, Tree, type Input, type PartialParse, type TreeFragment } from "@lezer/common"

const blank = NodeType.define({ id: 0, name: "Html", top: true })

/** Raw HTML becomes one node without children; comrak escapes it, so it is only text here as well. */
class BlankParser extends Parser {
  readonly nodes = new NodeSet([blank])

  createParse(_input: Input, _fragments: readonly TreeFragment[], ranges: readonly { from: number; to: number }[]): PartialParse {
    const from = ranges[0]!.from
    const to = ranges[ranges.length - 1]!.to
    return { parsedPos: to, stoppedAt: null, stopAt() {}, advance: () => new Tree(blank, [], [], to - from) }
  }
}

const data = defineLanguageFacet()

/** The support for a fenced block whose language nobody knows, and for raw HTML. */
export const plain = new LanguageSupport(new Language(data, new BlankParser(), [], "plain"))

export const html = (): LanguageSupport => plain
export const htmlCompletionSource = (): null => null
export class CompletionContext {}
