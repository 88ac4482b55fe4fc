/** The one door through which a string becomes HTML or a script's address: the page's policy lets no other code do that. */

interface Rules {
  createHTML(html: string): string
  createScriptURL(address: string): string
}

const rules: Rules = {
  // From the Markdown module only, which shows raw HTML as text; `patch` is the one place that asks.
  createHTML: (html) => html,
  createScriptURL(address) {
    const url = new URL(address, location.href)
    if (url.origin !== location.origin) throw new TypeError("the page runs its own scripts only")
    return url.href
  },
}

/** A browser that knows no Trusted Types takes the strings themselves. */
const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy(name: string, rules: Rules): Rules } }
const policy = trustedTypes?.createPolicy("maru", rules) ?? rules

/** HTML that `innerHTML` takes; it must be safe already. */
export const trustedHtml = (html: string): string => policy.createHTML(html)

/** The address of a script of this site. */
export const trustedScript = (address: string): string => policy.createScriptURL(address)

/** The page's nonce: style elements that carry it are allowed. The attribute is hidden from the page's styles, the property is not. */
export const nonce = (): string | undefined => document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce || undefined
