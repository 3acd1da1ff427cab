import { readSelector, selectorShape } from '../selector.ts'
import { defineStep } from './define-step.ts'

export const drop = defineStep({
  kind: 'drop',
  summary: 'Puts the endpoints that match behind the others; with `hard`, drops them.',
  shape: selectorShape,
  bare: 'refused',
  fence: 'allowed',
  read(params, scope, hard) {
    const match = readSelector(params, scope)
    return match && { kind: 'drop', match, hard }
  },
})
