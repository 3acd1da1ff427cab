import type { CheckKind } from '../../domain/check.ts'
import { all } from './all.ts'
import { any } from './any.ts'
import { atLeast } from './at-least.ts'
import type { CheckDefinition } from './define-check.ts'
import { dns } from './dns.ts'
import { exec } from './exec.ts'
import { grpc } from './grpc.ts'
import { heartbeat } from './heartbeat.ts'
import { http } from './http.ts'
import { not } from './not.ts'
import { tcp } from './tcp.ts'
import { tls } from './tls.ts'

/** Every kind of check of the language. */
export const CHECKS: Readonly<Record<CheckKind, CheckDefinition>> = {
  http,
  tcp,
  tls,
  dns,
  grpc,
  heartbeat,
  exec,
  all,
  any,
  atLeast,
  not,
}
