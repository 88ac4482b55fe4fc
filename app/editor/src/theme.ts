/**
 * How the text looks, in the page's CSS variables; it decides no colour for dark or light, the page does.
 *
 * Read here, each with a fallback for a light page: `--maru-paper`, `--maru-ink`, `--maru-muted` (marks, placeholder),
 * `--maru-line` (hairlines), `--maru-control` (borders of fields), `--maru-accent` (caret), `--maru-selection`,
 * `--maru-active-line`, `--maru-code-bg`, `--maru-code-inline` (translucent: a selection lies below it), `--maru-mark` (found),
 * `--maru-column` (width of the text), `--maru-sans`, `--maru-mono`, and for code and links
 * `--maru-syntax-keyword`, `-string`, `-number`, `-comment`, `-name`, `-type`, `-link`. carets.ts reads
 * `--maru-person-ink` (a name on its owner's colour) and `--maru-person-lift` (how much ink is mixed into that colour).
 */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language"
import type { Extension } from "@codemirror/state"
import { EditorView } from "@codemirror/view"
import { tags as t } from "@lezer/highlight"

const v = (name: string, fallback: string): string => `var(--maru-${name}, ${fallback})`

const ink = v("ink", "#1f2328")
const muted = v("muted", "#6b7280")
const line = v("line", "#e2e4e8")
const accent = v("accent", "#0f766e")
const paper = v("paper", "#fff")
const mono = v("mono", "ui-monospace, D2Coding, 'Noto Sans Mono CJK KR', monospace")
const sans = v("sans", "system-ui, 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif")
const control = v("control", "#8a8f98")

const surface = EditorView.theme({
  "&": { height: "100%", color: ink, backgroundColor: paper },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: sans, fontSize: "1rem", lineHeight: "1.75", overflowY: "auto" },
  ".cm-content": {
    boxSizing: "border-box",
    width: "100%",
    maxWidth: v("column", "46rem"),
    margin: "0 auto",
    // Room for the name of somebody on the first line, and to scroll the last one up.
    padding: "28px 0 40vh",
    caretColor: accent,
  },
  ".cm-line": { padding: "0 20px" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: accent, borderLeftWidth: "2px", marginLeft: "-1px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: v("selection", "#cfe8e4"),
  },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: v("active-line", "rgba(127, 127, 127, .06)"), borderRadius: "4px" },
  ".maru-code-line": { position: "relative", fontFamily: mono, fontSize: ".92em", lineHeight: "1.6" },
  // Behind the layers of selections, which an opaque background of the line itself would cover.
  ".maru-code-line::before": { content: '""', position: "absolute", inset: "0", zIndex: "-10", backgroundColor: v("code-bg", "#f3f4f6") },
  ".maru-code-line span": { backgroundColor: "transparent !important" },
  ".maru-table-line": { fontFamily: mono, fontSize: ".92em" },
  ".cm-placeholder": { color: muted },
  ".cm-specialChar": { color: muted },
  ".cm-panels": { color: ink, backgroundColor: paper, fontFamily: sans, fontSize: "14px" },
  ".cm-panels-top": { borderBottom: `1px solid ${line}` },
  ".cm-search": { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "6px", padding: "8px 44px 8px 20px !important" },
  ".cm-search br": { flexBasis: "100%", height: "0", content: '""' },
  ".cm-search > *": { margin: "0 !important" },
  ".cm-search label": { display: "inline-flex", alignItems: "center", gap: "4px", fontSize: "13px !important", color: muted },
  ".cm-search [name=close]": { top: "8px !important", right: "16px !important", fontSize: "20px", color: muted },
  ".cm-textfield": {
    font: "inherit",
    color: "inherit",
    backgroundColor: "transparent",
    border: `1px solid ${control}`,
    borderRadius: "6px",
    padding: "4px 8px",
  },
  ".cm-textfield:focus-visible, .cm-button:focus-visible": { outline: `2px solid ${accent}`, outlineOffset: "1px" },
  ".cm-button": {
    font: "inherit",
    color: "inherit",
    backgroundImage: "none",
    backgroundColor: v("code-bg", "#f3f4f6"),
    border: `1px solid ${control}`,
    borderRadius: "6px",
    padding: "4px 10px",
    cursor: "pointer",
  },
  ".cm-searchMatch": { backgroundColor: v("mark", "#fde68a"), borderRadius: "2px" },
  ".cm-searchMatch.cm-searchMatch-selected": { outline: `2px solid ${accent}` },
})

/** One style for the text, the code in it, and the code of the preview. */
export const markdownStyle = HighlightStyle.define([
  { tag: t.heading1, fontSize: "1.75em", fontWeight: "700", lineHeight: "1.4" },
  { tag: t.heading2, fontSize: "1.4em", fontWeight: "700", lineHeight: "1.45" },
  { tag: t.heading3, fontSize: "1.2em", fontWeight: "700" },
  { tag: [t.heading4, t.heading5, t.heading6], fontWeight: "700" },
  { tag: t.strong, fontWeight: "700" },
  { tag: t.emphasis, fontStyle: "italic" },
  { tag: t.strikethrough, textDecoration: "line-through", color: muted },
  { tag: t.monospace, fontFamily: mono, fontSize: ".92em", backgroundColor: v("code-inline", "rgba(127, 127, 127, .13)"), borderRadius: "4px" },
  { tag: t.link, color: v("syntax-link", "#0f766e") },
  { tag: t.url, color: muted, textDecoration: "underline", textDecorationColor: line, textUnderlineOffset: "3px" },
  { tag: t.quote, color: muted },
  { tag: t.contentSeparator, color: muted },
  // The marks themselves (#, **, `, >, -) and the info of a fence step back behind the words.
  { tag: [t.processingInstruction, t.labelName], color: muted, fontWeight: "400" },
  // A task's box.
  { tag: t.atom, color: accent, fontFamily: mono },
  { tag: [t.keyword, t.operatorKeyword, t.modifier, t.tagName], color: v("syntax-keyword", "#8b3fb8") },
  { tag: [t.string, t.special(t.string), t.regexp, t.inserted], color: v("syntax-string", "#1a7a3c") },
  { tag: [t.number, t.bool, t.null], color: v("syntax-number", "#a8500b") },
  { tag: [t.comment, t.meta], color: v("syntax-comment", "#6b7280") },
  {
    tag: [t.function(t.variableName), t.function(t.propertyName), t.definition(t.variableName), t.propertyName, t.attributeName],
    color: v("syntax-name", "#1d5fa8"),
  },
  { tag: [t.typeName, t.className, t.namespace], color: v("syntax-type", "#0e6e7a") },
  { tag: t.deleted, color: v("syntax-number", "#a8500b") },
  { tag: t.invalid, textDecoration: "underline wavy" },
])

export const theme: Extension = [surface, syntaxHighlighting(markdownStyle)]
