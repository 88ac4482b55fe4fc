/** The words the dialog and the session exchange; they change together with `app/src/editor/share.rs`. */

/** An answer is awaited; the problem, -1 for none; closed, and whether that may be changed; one's own link, and whether it holds a pass; the newest link, and whether it is one's own. */
export type State = [
  waiting: boolean, problem: number, closed: boolean | undefined, canClose: boolean | undefined,
  own: string, hasPass: boolean, made: string | undefined, madeOwn: boolean,
]

/** Access: 0 views, 1 edits. Units: minutes, hours, days, no end. */
export type Link = [id: string, access: number, label: string, left: number, unit: number]

/** The session behind the dialog. Every wish is answered by `changed`, later. */
export interface Sharing {
  state(): State
  links(): Link[]
  make(access: number, lifetime: number, label: string): void
  allow(id: string, access: number): void
  last(id: string, lifetime: number): void
  revoke(id: string): void
  shut(closed: boolean): void
  /** The dialog was closed: what was told once is forgotten. */
  forget(): void
  /** There is no dialog: it could not be fetched. */
  missing(): void
}

/** What the session can tell the dialog. */
export interface Dialog {
  changed(): void
}
