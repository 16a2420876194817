// What time is it at the server? Deadlines arrive in its milliseconds; business time may run faster than ours.

export interface Clock {
  set(serverNowMs: number, speed: number): void
  nowMs(): number
  speed(): number
}

// `monotonicMs` never jumps when somebody sets the machine's clock; `wallMs` only serves until the first welcome.
export function makeClock(monotonicMs: () => number = () => performance.now(), wallMs: () => number = () => Date.now()): Clock {
  let [server, at, rate] = [wallMs(), monotonicMs(), 1]
  return {
    set(serverNowMs, speed) {
      ;[server, at, rate] = [serverNowMs, monotonicMs(), speed]
    },
    nowMs: () => server + (monotonicMs() - at) * rate,
    speed: () => rate,
  }
}
