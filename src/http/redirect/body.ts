/** What a redirect says beside its header: RFC 9110 §15.4 asks for a short note with a link. */

export interface Redirection {
  readonly service: string
  /** Null for a static target outside the list. */
  readonly endpoint: string | null
  readonly location: string
  /** Seconds for which the client may keep the answer. */
  readonly ttl: number
  readonly decision: string
}

export const composeJson = (redirection: Redirection): string => JSON.stringify(redirection)

export function composeHtml({ location }: Redirection): string {
  const link = escapeHtml(location)
  return `<!doctype html><html lang="en"><title>Redirect</title><p>Go to <a href="${link}">${link}</a></p></html>\n`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
