/** Translates between CodeMirror's changes and the replica's operations; pure functions, no view and no host. */
import { Annotation, ChangeSet, EditorState, type Text, type TransactionSpec } from "@codemirror/state"
import type { Operations } from "./seam"

/** Marks a transaction that came from the replica, so that it is not sent back to it. */
export const fromHost = Annotation.define<true>()

export interface Replacement {
  from: number
  del: number
  ins: string
}

export const isHigh = (unit: number): boolean => (unit & 0xfc00) === 0xd800
export const isLow = (unit: number): boolean => (unit & 0xfc00) === 0xdc00

/** The two halves when `at` lies inside a surrogate pair, else null. */
function pairAround(text: Text, at: number): string | null {
  if (at < 1 || at >= text.length) return null
  const pair = text.sliceString(at - 1, at + 1)
  return isHigh(pair.charCodeAt(0)) && isLow(pair.charCodeAt(1)) ? pair : null
}

/**
 * The changes as replacements to be made one after another. One that begins or ends inside a surrogate pair
 * (😀 to 😁 differ in their second half only) is widened to the pair: the replica's text cannot hold half of one.
 */
export function replacements(changes: ChangeSet, base: Text): Replacement[] {
  const list: Replacement[] = []
  let shift = 0
  changes.iterChanges((fromA, toA, _fromB, _toB, inserted) => {
    let from = fromA
    let to = toA
    let ins = inserted.sliceString(0, inserted.length, "\n")
    const before = pairAround(base, from)
    const after = pairAround(base, to)
    if (before) {
      from -= 1
      ins = before.charAt(0) + ins
    }
    if (after) {
      to += 1
      ins += after.charAt(1)
    }
    list.push({ from: from + shift, del: to - from, ins })
    shift += ins.length - (to - from)
  })
  return list
}

/** All transactions as one change of a text of `length`. Throws a RangeError when they do not fit it. */
export function changesOf(transactions: Operations[], length: number): ChangeSet | null {
  let all: ChangeSet | null = null
  for (const operations of transactions) {
    const now = all ? all.newLength : length
    const specs: { from: number; to?: number; insert?: string }[] = []
    let at = 0
    for (const operation of operations) {
      if (typeof operation === "string") specs.push({ from: at, insert: operation })
      else if (operation > 0) at += operation
      else {
        specs.push({ from: at, to: at - operation })
        at -= operation
      }
    }
    if (at > now) throw new RangeError(`an operation reaches ${at} in a text of ${now}`)
    if (!specs.length) continue
    const next = ChangeSet.of(specs, now, "\n")
    all = all ? all.compose(next) : next
  }
  return all
}

/** The smallest single replacement that turns `before` into `after`. */
export function difference(before: string, after: string): { from: number; to: number; insert: string } {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start++
  let end = 0
  while (end < shorter - start && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) end++
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) }
}

/** A carriage return, alone or before a newline, or half a surrogate pair. */
const FOREIGN = /\r\n?|\p{Cs}/gu

/**
 * Keeps carriage returns and halves of surrogate pairs out of the text, whichever way they came in (paste, drop,
 * a deletion inside a pair): the replica normalises the one and cannot hold the other, so the two would differ.
 */
export const wellFormed = EditorState.transactionFilter.of((tr) => {
  if (!tr.docChanged) return tr
  const repairs: { from: number; to: number; insert: string }[] = []
  tr.changes.iterChangedRanges((_fromA, _toA, fromB, toB) => {
    // One unit more on each side shows a pair that was cut; a half whose partner lies further out is left alone.
    const start = Math.max(0, fromB - 1)
    const end = Math.min(tr.newDoc.length, toB + 1)
    const text = tr.newDoc.sliceString(start, end, "\n")
    for (const match of text.matchAll(FOREIGN)) {
      const [found] = match
      const unit = found.charCodeAt(0)
      if (match.index === 0 && start > 0 && isLow(unit)) continue
      if (match.index === text.length - 1 && end < tr.newDoc.length && isHigh(unit)) continue
      repairs.push({ from: start + match.index, to: start + match.index + found.length, insert: unit === 13 ? "\n" : "\ufffd" })
    }
  })
  if (!repairs.length) return tr
  const spec: TransactionSpec = { changes: repairs, sequential: true }
  return [tr, spec]
})
