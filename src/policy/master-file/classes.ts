const CLASSES: readonly string[] = ['IN', 'CH', 'HS', 'CS', 'ANY', 'NONE']

/** Whether a text names a class, by its mnemonic or its number (RFC 3597 §5). */
export const isClass = (text: string): boolean => CLASSES.includes(text.toUpperCase()) || /^CLASS\d+$/i.test(text)

export const isInternet = (text: string): boolean => /^(?:IN|CLASS1)$/i.test(text)
