import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

export type { Logger }

/** Structured lines on standard error: JSON, or readable ones for a terminal. Standard output belongs to commands. */
export function createLogger(level: string, format: 'pretty' | 'json'): Logger {
  const base = null
  if (format === 'json') return pino({ level, base }, pino.destination({ dest: 2, sync: true }))
  return pino(
    { level, base },
    pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }),
  )
}
