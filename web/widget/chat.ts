// How does the widget stand with the server? One socket, messages by their numbers, and what is still to be brought there.
import { base64Of } from "../src/files"
import { keep, newId, readKept, type Kept, type Pending } from "./kept"

export interface Message {
  n: number
  sender: "customer" | "agent" | "system"
  at_ms: number
  body: string
  id: string | null
  file: { name: string | null; media_type: string; size_bytes: number | null } | null
}

export interface Looked {
  name: string
  language: string
  questions: ("name" | "email" | "topic")[]
  is_open: boolean
  talks: boolean
  answers_first: boolean
  transcripts: boolean
}

export interface Answer {
  id: string
  question: string
  answer: string
}

export interface Wait {
  low_min: number | null
  high_min: number | null
  position: number | null
}

export type Standing = "none" | "waiting" | "talking" | "closed"

const AGAIN_MS = [300, 1_000, 2_000, 4_000, 8_000]
const ASKED_MAX = 300 // characters of a question to the FAQ
const SILENT_MS = 40_000 // a socket that says nothing for so long is dead
const TYPING_EVERY_MS = 3_000
const NO_CHAT = 4003
const RELOAD = 4426

const FILE_BYTES_MAX = 5 * 1_048_576

type Frame = Record<string, unknown> & { t: string }

export class Chat {
  messages = new Map<number, Message>()
  standing: Standing = "none"
  agent: string | null = null
  wait: Wait | null = null
  isConnected = false
  kept: Kept
  private socket: WebSocket | null = null
  private tries = 0
  private again = 0
  private heardAt = 0
  private typedAt = 0
  private attaching = new Map<string, string>() // files whose answer has not come: the same one has the same id again

  constructor(
    private server: string,
    private key: string,
    private changed: (what: "messages" | "standing" | "typing" | "refused") => void,
  ) {
    this.kept = readKept(key)
    addEventListener("online", () => this.connectSoon(0))
    setInterval(() => this.checkAlive(), 5_000)
  }

  // --- by request -----------------------------------------------------------------------------------------------------

  /** Null: no answer. */
  async look(): Promise<Looked | null> {
    const { status, data } = await this.post("look", {})
    return status === 200 ? (data as unknown as Looked) : null
  }

  /** Answers that are sure; null: none was given, whatever the reason. */
  async ask(text: string): Promise<Answer[] | null> {
    this.kept.asked ??= newId()
    this.keep()
    const { status, data } = await this.post("ask", { id: this.kept.asked, text: text.slice(0, ASKED_MAX) })
    return status === 200 ? (data.items as Answer[]) : null
  }

  async helped(faq_id: string): Promise<void> {
    const id = this.kept.asked
    this.kept.asked = null // what they ask next is something else
    this.keep()
    await this.post("helpful", { id, faq_id })
  }

  /** Null: done; else the key of what is in the way. */
  async sendTranscript(email: string): Promise<string | null> {
    const { status, data } = await this.post("transcript", { email })
    return status === 200 ? null : keyOf(status, data)
  }

  /** The same. */
  async attach(file: File): Promise<string | null> {
    if (file.size > FILE_BYTES_MAX) return "chat.file_too_large"
    if (!file.size) return "chat.file_kind"
    const which = `${file.name}/${file.size}/${file.lastModified}`
    const id = this.attaching.get(which) ?? newId()
    this.attaching.set(which, id)
    const content = await base64Of(file)
    const { status, data } = await this.post("attach", { id, name: file.name.slice(0, 200), content })
    if (status === 201 || (status >= 400 && status < 500)) this.attaching.delete(which)
    return status === 201 ? null : keyOf(status, data)
  }

  /** To be kept by the visitor's browser. */
  async fetchFile(n: number): Promise<Blob | null> {
    try {
      const wish = { key: this.key, token: this.kept.token, n }
      const response = await fetch(`${this.server}/v1/chat/file`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(wish), credentials: "omit" })
      return response.ok ? await response.blob() : null
    } catch {
      return null
    }
  }

  /** What came of it: `closed`: nobody is there at this hour; a status: refused, or 0: no answer. */
  async start(answers: Record<string, string>, first: string): Promise<"started" | "closed" | number> {
    this.kept.starting ??= { id: newId(), page: location.href.slice(0, 1000).replace(/[^!-~]/g, encodeURIComponent), answers, asked: this.kept.asked }
    if (first && !this.kept.pending.length) this.kept.pending = [{ id: newId(), body: first }]
    this.keep()
    const { status, data } = await this.post("start", this.kept.starting)
    if (status === 0 || status === 429 || status >= 500) return status
    this.kept.starting = null
    this.keep()
    if (status !== 200) return status
    if (!data.is_open) {
      this.kept.pending = []
      this.keep()
      return "closed"
    }
    this.kept.asked = null
    this.kept.token = data.token as string
    if (!data.resumed) {
      this.messages.clear()
      Object.assign(this.kept, { seen: 0, isEnding: false })
    }
    this.standing = "waiting"
    this.keep()
    this.connectSoon(0)
    return "started"
  }

  async leave(email: string, name: string, text: string, id: string): Promise<number> {
    const page = location.href.slice(0, 1000).replace(/[^!-~]/g, encodeURIComponent)
    const { status } = await this.post("leave", { id, email, name, text, page, asked: this.kept.asked })
    if (status === 201) this.kept.asked = null
    this.keep()
    return status
  }

  private async post(path: string, body: Record<string, unknown>, hasToken = true): Promise<{ status: number; data: Record<string, unknown> }> {
    const token = hasToken ? this.kept.token : null
    const wish = { key: this.key, ...body, ...(token ? { token } : {}) }
    try {
      const response = await fetch(`${this.server}/v1/chat/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(wish), credentials: "omit" })
      if (response.status === 401 && token) {
        this.forget() // signed by another key than before
        return this.post(path, body, false)
      }
      return { status: response.status, data: response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>) }
    } catch {
      return { status: 0, data: {} }
    }
  }

  forget(): void {
    Object.assign(this.kept, { token: null, seen: 0, isEnding: false })
    this.keep()
  }

  // --- by the socket --------------------------------------------------------------------------------------------------

  say(body: string): void {
    const message: Pending = { id: newId(), body }
    this.kept.pending.push(message)
    this.kept.isEnding = false // they have something to say after all
    this.keep()
    this.bring(message)
    this.changed("messages")
  }

  typing(): void {
    if (Date.now() - this.typedAt < TYPING_EVERY_MS) return
    this.typedAt = Date.now()
    this.send({ t: "typing" })
  }

  see(): void {
    const last = Math.max(0, ...this.messages.keys())
    if (last <= this.kept.seen || !this.isConnected) return
    this.kept.seen = last
    this.keep()
    this.send({ t: "seen", n: last })
  }

  /** Without a line it is said when there is one, behind what was written before. */
  end(): void {
    this.kept.isEnding = true
    this.keep()
    this.send({ t: "leave" })
  }

  connectSoon(afterMs: number): void {
    clearTimeout(this.again)
    if (!this.kept.token || this.socket || this.standing === "closed") return
    this.again = window.setTimeout(() => this.connect(), afterMs)
  }

  private connect(): void {
    const socket = new WebSocket(this.server.replace(/^http/, "ws") + "/ws/visitor")
    this.socket = socket
    this.heardAt = Date.now()
    socket.onopen = () => socket.send(JSON.stringify({ t: "hello", v: 1, token: this.kept.token, after: Math.max(0, ...this.messages.keys()) }))
    socket.onmessage = (event) => socket === this.socket && this.hear(JSON.parse(event.data as string) as Frame)
    socket.onclose = (event) => socket === this.socket && this.lost(event.code)
  }

  private lost(code: number): void {
    this.socket?.close()
    this.socket = null
    this.isConnected = false
    if (code === NO_CHAT) {
      this.forget()
      this.kept.pending = []
      this.keep()
      this.standing = "none"
    } else if (code !== RELOAD) {
      const wait = AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)]!
      this.connectSoon(wait * (0.5 + Math.random()))
    }
    this.changed("standing")
  }

  private isOver(): void {
    this.kept.isEnding = false
    this.keep()
    this.hangUp()
  }

  private hangUp(): void {
    const socket = this.socket
    this.socket = null
    this.isConnected = false
    socket?.close()
  }

  /** What was not stored, because the chat was over. */
  takeBack(): string {
    const text = this.kept.pending.map(({ body }) => body).join("\n")
    this.kept.pending = []
    this.keep()
    return text
  }

  private checkAlive(): void {
    if (this.socket && Date.now() - this.heardAt > SILENT_MS) this.lost(1006)
  }

  private hear(frame: Frame): void {
    this.heardAt = Date.now()
    switch (frame.t) {
      case "welcome":
        this.isConnected = true
        this.tries = 0
        this.kept.pending.forEach((each) => this.bring(each)) // with their ids: what is there stays there once
        if (this.kept.isEnding) this.send({ t: "leave" })
        return this.changed("standing")
      case "messages":
        return this.take(frame.items as Message[])
      case "state":
        this.standing = frame.state as Standing
        this.agent = frame.agent as string | null
        this.wait = frame.wait as Wait | null
        if (this.standing === "closed") this.isOver()
        return this.changed("standing")
      case "typing":
        return this.changed("typing")
      case "done":
        return this.confirmed(frame.id as string)
      case "refused":
        this.confirmed(frame.id as string)
        return frame.text_key === "chat.over" ? undefined : this.changed("refused")
      case "ping":
        this.send({ t: "pong", n: frame.n })
    }
  }

  private take(items: Message[]): void {
    for (const item of items) {
      this.messages.set(item.n, item)
      if (item.id) this.kept.pending = this.kept.pending.filter((each) => each.id !== item.id)
    }
    this.keep()
    this.changed("messages")
  }

  /** Stored, or refused for good; one that is stored comes as a message, too. */
  private confirmed(id: string): void {
    this.kept.pending = this.kept.pending.filter((each) => each.id !== id)
    this.keep()
    this.changed("messages")
  }

  private bring(message: Pending): void {
    this.send({ t: "say", ...message })
  }

  private send(frame: Record<string, unknown>): void {
    if (this.isConnected && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame))
  }

  keep(): void {
    keep(this.key, this.kept)
  }
}

function keyOf(status: number, data: Record<string, unknown>): string {
  const errors = (data.errors ?? []) as { text_key?: string }[]
  return status === 429 ? "often" : (errors[0]?.text_key ?? (data.text_key as string | undefined) ?? "failed")
}
