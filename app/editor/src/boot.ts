/** Starts the page: fetches the app and the editor side by side, then hydrates; the lab starts by the instruments alone. Says so in words when that fails. */

import "./pass"

/** The editor's static chunks, named by the build. */
declare const EDITOR_CHUNKS: string[]

interface Paths {
  app: string
  wasm: string
  editor?: string
  instruments: string
  instruments_wasm: string
}

interface App {
  default(init: { module_or_path: Promise<Response> }): Promise<unknown>
  hydrate(): void
}

interface Instruments {
  default(init: { module_or_path: Promise<Response> }): Promise<unknown>
  lab(): void
}

const page = globalThis as unknown as Record<string, unknown>

// Leptos's hydration reads these; a page that streams no resource does not write them.
for (const name of ["__RESOLVED_RESOURCES", "__SERIALIZED_ERRORS", "__INCOMPLETE_CHUNKS"]) page[name] ??= []

/** Asks for the chunks beside the file that imports them instead of one round trip after it. */
function preload(editor: string): void {
  for (const chunk of EDITOR_CHUNKS) {
    const link = document.createElement("link")
    link.rel = "modulepreload"
    link.href = new URL(chunk, new URL(editor, location.href)).href
    document.head.append(link)
  }
}

/** The module that no page needs before somebody asks for what is in it. */
async function instruments(paths: Paths): Promise<Instruments> {
  const wasm = fetch(paths.instruments_wasm)
  wasm.catch(() => undefined)
  const loaded = (await import(paths.instruments)) as Instruments
  await loaded.default({ module_or_path: wasm })
  return loaded
}

const isLab = document.documentElement.dataset.page === "lab"

async function start(): Promise<void> {
  const element = document.getElementById("maru-boot")
  if (!element?.textContent) throw new Error("the page does not name its scripts")
  const paths = JSON.parse(element.textContent) as Paths
  if (typeof WebAssembly !== "object") throw new Error("WebAssembly is missing")
  if (isLab) {
    (await instruments(paths)).lab()
    return
  }
  const wasm = fetch(paths.wasm)
  // Its failure is reported where it is awaited; the import below may fail first.
  wasm.catch(() => undefined)
  if (paths.editor) preload(paths.editor)
  const [app, editor] = await Promise.all([
    import(paths.app) as Promise<App>,
    paths.editor ? (import(paths.editor) as Promise<unknown>) : null,
  ])
  if (editor) page.maruEditor = editor
  await app.default({ module_or_path: wasm })
  app.hydrate()
}

const messages = {
  en: {
    missing: "This browser does not run WebAssembly, which Maru needs for editing (it is switched off, or the browser is too old).",
    failed: "Maru's editor could not be loaded, so this page cannot be edited right now.",
    rest: "The text shown is complete: you can read and copy it. To try again, reload the page.",
    lab: "What measures could not be loaded. What this page says is complete. To try again, reload it.",
    reload: "Reload",
  },
  ko: {
    missing: "이 브라우저에서는 편집에 필요한 WebAssembly를 쓸 수 없습니다(꺼져 있거나 브라우저가 오래되었습니다).",
    failed: "편집기를 불러오지 못해 지금은 이 문서를 고칠 수 없습니다.",
    rest: "보이는 글은 온전하니 읽고 복사하셔도 됩니다. 다시 시도하려면 페이지를 새로 고치세요.",
    lab: "재는 부분을 불러오지 못했어요. 이 페이지의 글은 온전해요. 다시 시도하려면 새로 고치세요.",
    reload: "새로 고침",
  },
}

start().catch((error: unknown) => {
  console.error(error)
  const place = document.getElementById("maru-boot-error")
  if (!place) return
  const words = document.documentElement.lang.startsWith("ko") ? messages.ko : messages.en
  const reload = document.createElement("button")
  reload.type = "button"
  reload.textContent = words.reload
  reload.addEventListener("click", () => location.reload())
  const what = isLab ? words.lab : `${typeof WebAssembly === "object" ? words.failed : words.missing} ${words.rest}`
  place.replaceChildren(`${what} `, reload)
  place.hidden = false
})
