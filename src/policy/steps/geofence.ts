import * as z from 'zod'
import { readFields } from '../read.ts'
import { defineStep } from './define-step.ts'

const shape = z.strictObject({})

export const geofence = defineStep({
  kind: 'geofence',
  summary: 'Keeps the endpoints whose `serves` covers the client; when there are none, those without `serves`.',
  shape,
  bare: 'allowed',
  fence: 'allowed',
  read(params, _scope, hard) {
    return readFields(params, shape) && { kind: 'geofence', hard }
  },
})
