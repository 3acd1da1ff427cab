/** Rise and fall as others do it, in their own terms, to hold ours against. Results are `+` and `-`, states `u` and `d`. */

/** gdnsd: a failure count that only `ok` successes in a row clear; `up` successes in a row to come back. */
export function gdnsdStates(
  results: string,
  thresholds: { readonly up: number; readonly ok: number; readonly down: number },
) {
  const [first = '+', ...rest] = results
  let state = first === '+' ? 'u' : 'd'
  let failed = 0
  let successRun = 0
  let states = state
  for (const result of rest) {
    successRun = result === '+' ? successRun + 1 : 0
    if (state === 'd') {
      if (successRun === thresholds.up) [state, failed, successRun] = ['u', 0, 0]
    } else if (result === '-') {
      failed++
      if (failed === thresholds.down) [state, failed] = ['d', 0]
    } else if (failed === 0) {
      successRun = 0
    } else if (successRun === thresholds.ok) {
      failed = 0
      successRun = 0
    }
    states += state
  }
  return states
}

/** PowerGSLB: so many failures in a row, so many successes in a row. Its first state is up; here it is the first result, as ours. */
export function powerGslbStates(results: string, thresholds: { readonly fall: number; readonly rise: number }) {
  let state = results.startsWith('-') ? 'd' : 'u'
  return [...results]
    .map((result, at) => {
      if (at === 0) return state
      const run = (mark: string, length: number) =>
        at >= length && results.slice(at + 1 - length, at + 1) === mark.repeat(length)
      if (result === '-' && run('-', thresholds.fall)) state = 'd'
      if (result === '+' && run('+', thresholds.rise)) state = 'u'
      return state
    })
    .join('')
}
