/** One item of presentation text (RFC 1035 §5.1): of a master file, or of a value in a zone document. */
export interface Token {
  /** As written, with its escapes; a quoted one without its quotes. */
  readonly text: string
  /** `literal` comes from a field of its own in YAML: a backslash is a backslash there. */
  readonly form: 'word' | 'quoted' | 'literal'
  /** Right behind the token before it, without white space: the value of `alpn="h2,h3"`. */
  readonly glued: boolean
  /** 1-based. */
  readonly line: number
  readonly column: number
}

/** Why presentation text will not do; thrown inside readers of it and told at their doors. */
export class BadText extends Error {
  override readonly name = 'BadText'
  readonly rule: string
  readonly hint: string | null
  readonly token: Token

  constructor(token: Token, rule: string, message: string, hint: string | null = null) {
    super(message)
    this.rule = rule
    this.hint = hint
    this.token = token
  }
}

const LONGEST_SHOWN = 60

/** The text of a token as messages show it. */
export const shown = ({ text, form }: Token): string => {
  const short = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
  return form === 'quoted' ? `"${short}"` : `\`${short}\``
}
