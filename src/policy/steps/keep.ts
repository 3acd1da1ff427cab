import { readSelector, selectorShape } from '../selector.ts'
import { defineStep } from './define-step.ts'

export const keep = defineStep({
  kind: 'keep',
  summary: 'Puts the endpoints that match in front; with `hard`, drops all others.',
  shape: selectorShape,
  bare: 'refused',
  fence: 'allowed',
  read(params, scope, hard) {
    const match = readSelector(params, scope)
    return match && { kind: 'keep', match, hard }
  },
})
