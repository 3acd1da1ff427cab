import type { Io } from './io.ts'

export interface Progress {
  readonly phase: string
  readonly done: number
  readonly total: number
}

const WIDTH = 30

/** One line, redrawn on a terminal; elsewhere one line a phase. Returns the listener and the way to end the line. */
export function progressLine(io: Io): { on(progress: Progress): void; end(): void } {
  let phase = ''
  let isOpen = false
  return {
    on(progress) {
      if (!io.isTerminal) {
        if (progress.phase !== phase) io.say(`${progress.phase} …`)
        phase = progress.phase
        return
      }
      const share = progress.total === 0 ? 0 : Math.min(1, progress.done / progress.total)
      const filled = Math.round(share * WIDTH)
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled)
      io.redraw(`\r\u001b[2K${bar} ${String(Math.floor(share * 100)).padStart(3)}%  ${progress.phase}`)
      isOpen = true
    },
    end() {
      if (isOpen) io.redraw('\r\u001b[2K')
      isOpen = false
    },
  }
}
