// What does a visitor see? A button, and behind it the questions, what is said, or a place to leave a message.
import type { Answer, Chat, Looked, Message } from "./chat"
import { newId } from "./kept"
import { STYLE } from "./style"
import { filled, textsIn, type Texts } from "./texts"

const BODY_MAX = 4_000
const TYPING_SHOWN_MS = 5_000

type Made<K extends keyof HTMLElementTagNameMap> = HTMLElementTagNameMap[K]

function make<K extends keyof HTMLElementTagNameMap>(name: K, about: Record<string, string> = {}, ...inside: (Node | string)[]): Made<K> {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(about)) element.setAttribute(key, value)
  element.append(...inside) // texts as texts: nothing that anybody wrote is taken for markup
  return element
}

export class View {
  private root: ShadowRoot
  private texts: Texts
  private launch: HTMLButtonElement
  private panel: HTMLElement
  private title = make("h2", { id: "title" })
  private note = make("p", { class: "note", role: "status" })
  private log: HTMLElement
  private typing = make("p", { class: "typing", role: "status" })
  private foot = make("div", { class: "foot" })
  private form: HTMLElement | null = null
  private shown = "" // which form
  private looked: Looked | null = null
  private typingUntil = 0
  private asked = "" // what the FAQ was asked
  private answers: Answer[] | null = null
  private isForSomebody = false // no answer helps them
  private said = "" // while there is no chat

  constructor(host: HTMLElement, private chat: Chat, language: string) {
    this.root = host.attachShadow({ mode: "open" })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    this.root.adoptedStyleSheets = [sheet] // a site's policy may forbid style elements
    this.texts = textsIn(language)
    this.launch = make("button", { class: "launch", type: "button", "aria-expanded": "false" })
    const close = make("button", { type: "button", "aria-label": this.texts.close }, "×")
    this.log = make("div", { class: "log", role: "log", tabindex: "0", "aria-label": this.texts.open })
    this.panel = make("section", { class: "panel", role: "dialog", "aria-labelledby": "title", hidden: "" })
    this.panel.append(make("header", {}, this.title, close), this.note, this.log, this.typing, this.foot)
    this.root.append(make("div", { lang: this.texts === textsIn("zh") ? "zh-CN" : "en" }, this.launch, this.panel))
    this.launch.onclick = () => void this.open()
    close.onclick = () => this.close()
    this.panel.addEventListener("keydown", (event) => {
      event.stopPropagation() // the site's own keys are not meant
      if (event.key === "Escape") this.close()
    })
    document.addEventListener("visibilitychange", () => this.see())
    this.title.textContent = this.texts.open
    this.draw()
  }

  // --- opening --------------------------------------------------------------------------------------------------------

  async open(isAgain = false): Promise<void> {
    this.chat.kept.isOpen = true
    this.chat.keep()
    this.panel.hidden = false
    this.launch.hidden = true
    if (!isAgain) this.focusOn(".panel header button")
    this.looked = await this.chat.look()
    if (this.looked) this.title.textContent = this.looked.name
    if (this.chat.kept.starting) await this.started(await this.chat.start({}, ""))
    else if (this.looked?.talks) this.chat.connectSoon(0)
    this.draw()
    if (!isAgain && this.root.activeElement) this.focusOn("form input, form textarea")
    if (!this.looked && !this.chat.kept.token) setTimeout(() => this.panel.hidden || this.looked || void this.open(true), 3_000)
  }

  private focusOn(selector: string): void {
    this.root.querySelector<HTMLElement>(selector)?.focus()
  }

  private close(): void {
    this.chat.kept.isOpen = false
    this.chat.keep()
    this.panel.hidden = true
    this.launch.hidden = false
    if (!this.form?.isConnected) this.shown = "" // what was left is left: there may be more
    this.draw()
    this.launch.focus()
  }

  // --- drawing --------------------------------------------------------------------------------------------------------

  draw(): void {
    const { texts, chat } = this
    const unread = [...chat.messages.values()].filter((each) => each.sender !== "customer" && each.n > chat.kept.seen).length
    this.launch.replaceChildren(texts.open)
    if (unread) this.launch.append(make("span", { class: "badge", "aria-hidden": "true" }, String(unread)), make("span", { class: "hide" }, filled(texts.unread, { n: unread })))
    if (this.panel.hidden) return
    this.drawLog()
    this.drawNote()
    this.drawForm()
    this.see()
  }

  private drawLog(): void {
    const { chat, log } = this
    const isNear = log.scrollHeight - log.scrollTop - log.clientHeight < 60
    const stored = new Set<string>()
    for (const message of [...chat.messages.values()].sort((a, b) => a.n - b.n)) {
      if (message.id) stored.add(message.id)
      this.place(`m${message.n}`, message)
    }
    for (const each of [...log.querySelectorAll("[data-pending]")]) each.remove()
    for (const { id, body } of chat.kept.pending.filter((each) => !stored.has(each.id))) {
      log.append(make("div", { class: "message customer", "data-pending": id }, make("p", {}, body), make("small", {}, this.texts.sending)))
    }
    for (const each of [...log.children]) if (each.id && !chat.messages.has(Number(each.id.slice(1)))) each.remove()
    log.hidden = !log.children.length && chat.standing === "none"
    if (isNear) log.scrollTop = log.scrollHeight
  }

  /** What is there stays as it is: a reader of the screen hears each message once. */
  private place(id: string, { n, sender, body, file }: Message): void {
    if (this.root.getElementById(id)) return
    if (sender === "agent") this.typingUntil = 0
    const said = sender === "system" ? ((this.texts as Record<string, string>)[body] ?? body) : body
    const who = sender === "customer" ? this.texts.you : sender === "agent" ? (this.chat.agent ?? this.texts.somebody) : ""
    const element = make("div", { class: `message ${sender}`, id, "data-n": String(n) }, make("p", {}, ...(who ? [make("span", { class: "hide" }, `${who}: `)] : []), file ? this.file(n, file.name ?? "", file.size_bytes ?? 0) : said))
    const later = [...this.log.children].find((each) => !each.id || Number(each.id.slice(1)) > n)
    this.log.insertBefore(element, later ?? null)
  }

  private file(n: number, name: string, bytes: number): HTMLButtonElement {
    const kilobytes = Math.max(1, Math.round(bytes / 1024))
    const button = make("button", { type: "button", class: "file", title: filled(this.texts.file, { name }) }, `${name} (${kilobytes} kB)`)
    button.onclick = async () => {
      const content = await this.chat.fetchFile(n)
      if (!content) return void (this.note.textContent = this.texts.failed)
      const link = make("a", { href: URL.createObjectURL(content), download: name })
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
    }
    return button
  }

  private drawNote(): void {
    const { chat, texts } = this
    let text = this.said
    if (chat.standing === "waiting") text = this.waiting()
    if (chat.standing === "talking") text = filled(texts.talking, { agent: chat.agent ?? "" })
    if (chat.standing === "closed") text = texts.over
    if (chat.kept.token && !chat.isConnected && chat.standing !== "closed" && chat.standing !== "none") text = texts.offline
    if (this.note.textContent !== text) this.note.textContent = text
    const isTyping = chat.standing === "talking" && Date.now() < this.typingUntil
    const typing = isTyping ? filled(texts.typing, { agent: chat.agent ?? "" }) : ""
    if (this.typing.textContent !== typing) this.typing.textContent = typing
  }

  private waiting(): string {
    const { texts } = this
    const { low_min: low, high_min: high, position } = this.chat.wait ?? { low_min: null, high_min: null, position: null }
    const key = high === null ? "waiting" : high <= 1 ? "wait_soon" : !low ? "wait_up_to" : low === high ? "wait_about" : "wait_range"
    const told = filled(texts[key], { low: low ?? 0, high: high ?? 0 })
    return position === null ? told : `${told} ${position === 1 ? texts.first : filled(texts.position, { n: position })}`
  }

  private drawForm(): void {
    const wanted = this.wanted()
    if (wanted === this.shown) return
    this.shown = wanted
    const hadFocus = this.form?.contains(this.root.activeElement) ?? false
    this.form?.remove()
    this.foot.replaceChildren()
    this.form = { question: () => this.questioning(), answers: () => this.answering(), glad: () => null, ask: () => this.asking(), leave: () => this.leaving(), write: () => this.writing(), over: () => this.asksTranscript(), none: () => null }[wanted]()
    if (this.form) this.panel.insertBefore(this.form, this.foot)
    if (wanted === "write") this.foot.append(this.plain(this.texts.end, () => this.chat.end()))
    if (wanted === "question" || wanted === "answers") this.foot.append(this.plain(this.looked?.is_open ? this.texts.talk : this.texts.write_instead, () => this.goOn("")))
    if (wanted === "answers" || wanted === "glad") this.foot.append(this.plain(this.texts.more, () => this.askAnew()))
    if (wanted === "over") this.foot.append(this.plain(this.texts.anew, () => this.anew()))
    if (hadFocus) this.focusOn(".answers summary, form textarea, form input, .foot button")
  }

  private wanted(): "question" | "answers" | "glad" | "ask" | "leave" | "write" | "over" | "none" {
    const { standing, kept } = this.chat
    if (standing === "waiting" || standing === "talking") return "write"
    if (standing === "closed") return "over"
    if (kept.token && this.looked?.talks) return "write"
    if (!this.looked || kept.starting) return "none"
    if (this.looked.answers_first && !this.isForSomebody) return this.answers === null ? "question" : this.answers.length ? "answers" : "glad"
    return this.looked.is_open ? "ask" : "leave"
  }

  private plain(text: string, act: () => void): HTMLButtonElement {
    const button = make("button", { type: "button", class: "plain" }, text)
    button.onclick = act
    return button
  }

  private anew(): void {
    this.chat.standing = "none"
    this.chat.messages.clear()
    this.askAnew()
    void this.open()
  }

  // --- forms ----------------------------------------------------------------------------------------------------------

  private field(name: "name" | "email" | "topic" | "message", isNeeded = true): HTMLLabelElement {
    const about: Record<string, string> = { name, maxlength: name === "message" ? "2000" : "200", ...(isNeeded ? { required: "" } : {}) }
    const input = name === "message" ? make("textarea", { ...about, rows: "4" }) : make("input", { ...about, type: name === "email" ? "email" : "text", autocomplete: name === "topic" ? "off" : name })
    return make("label", {}, this.texts[name], input)
  }

  private asks(fields: HTMLLabelElement[], act: string, submit: (data: Record<string, string>) => Promise<string>): HTMLFormElement {
    const wrong = make("p", { class: "wrong", role: "alert" })
    const button = make("button", { type: "submit" }, act)
    const form = make("form", { class: "ask" }, ...fields, wrong, button)
    form.onsubmit = async (event) => {
      event.preventDefault()
      button.disabled = true
      wrong.textContent = ""
      wrong.textContent = await submit(Object.fromEntries(new FormData(form)) as Record<string, string>)
      button.disabled = false
    }
    return form
  }

  private questioning(): HTMLFormElement {
    const message = this.field("message")
    message.firstChild!.textContent = this.texts.question
    message.querySelector("textarea")!.value = this.chat.takeBack() // written when the chat before was over already
    return this.asks([message], this.texts.find, async ({ message }) => {
      this.asked = (message ?? "").trim()
      const found = this.asked ? await this.chat.ask(this.asked) : null
      if (found?.length) {
        this.answers = found
        this.said = this.texts.answers
        this.draw()
        this.focusOn(".answers summary") // the button that was pressed is no more
      } else this.goOn(found && this.texts.unfound)
      return ""
    })
  }

  private answering(): HTMLElement {
    const found = (this.answers ?? []).map(({ id, question, answer }, n) => {
      const button = make("button", { type: "button" }, this.texts.helped)
      button.onclick = () => this.helped(id)
      return make("details", n === 0 ? { open: "" } : {}, make("summary", {}, question), make("p", {}, answer), button)
    })
    return make("div", { class: "answers" }, ...found)
  }

  private helped(id: string): void {
    void this.chat.helped(id)
    this.answers = []
    this.asked = ""
    this.said = this.texts.glad
    this.draw()
    this.focusOn(".foot button")
  }

  /** To somebody, with what they asked. */
  private goOn(said: string | null): void {
    this.isForSomebody = true
    this.said = said ?? ""
    this.draw()
    this.focusOn("form input, form textarea")
  }

  private askAnew(): void {
    this.answers = null
    this.isForSomebody = false
    this.asked = this.said = ""
    this.draw()
    this.focusOn("form textarea")
  }

  private asking(): HTMLFormElement {
    const questions = this.looked?.questions ?? []
    const message = this.field("message")
    message.querySelector("textarea")!.value = this.asked || this.chat.takeBack() // written when the chat before was over already
    return this.asks([...questions.map((each) => this.field(each)), message], this.texts.start, async ({ message, ...answers }) => {
      this.chat.kept.email = answers.email ?? ""
      return this.started(await this.chat.start(answers, message ?? ""))
    })
  }

  private async started(came: "started" | "closed" | number): Promise<string> {
    if (came === "closed" && this.looked) this.looked.is_open = false
    if (came === 0 || (typeof came === "number" && came >= 500)) {
      setTimeout(() => void this.chat.start({}, "").then((next) => this.started(next)), 2_000)
      this.note.textContent = this.texts.offline
      return ""
    }
    this.draw()
    return typeof came === "number" ? (came === 429 ? this.texts.often : this.texts.failed) : ""
  }

  private leaving(): HTMLFormElement {
    this.note.textContent = this.texts.closed
    const id = newId()
    const message = this.field("message")
    message.querySelector("textarea")!.value = this.asked
    const form = this.asks([this.field("name", false), this.field("email"), message], this.texts.leave, async ({ email, name, message }) => {
      const status = await this.chat.leave(email ?? "", name ?? "", message ?? "", id)
      if (status !== 201) return status === 429 ? this.texts.often : this.texts.failed
      this.note.textContent = this.said = this.texts.left
      this.asked = ""
      form.remove()
      this.focusOn(".panel header button")
      return ""
    })
    this.said = this.texts.closed
    queueMicrotask(() => (this.note.textContent = this.said))
    return form
  }

  /** What was said, by mail; where somebody has answered. */
  private asksTranscript(): HTMLFormElement | null {
    const { chat, texts, looked } = this
    if (!looked?.transcripts || ![...chat.messages.values()].some(({ sender }) => sender === "agent")) return null
    const email = this.field("email")
    email.querySelector("input")!.value = chat.kept.email
    const form = this.asks([email], texts.transcript, async ({ email }) => {
      const wrong = await chat.sendTranscript(email ?? "")
      if (wrong) return this.textOf(wrong)
      form.remove()
      this.note.textContent = texts.transcript_sent
      this.focusOn(".foot button")
      return ""
    })
    return form
  }

  private textOf(key: string): string {
    return (this.texts as Record<string, string>)[key] ?? this.texts.failed
  }

  private attaching(): HTMLLabelElement {
    const input = make("input", { type: "file", class: "hide", accept: "image/*,application/pdf,text/plain", "aria-label": this.texts.attach })
    input.onchange = async () => {
      const file = input.files?.[0]
      const wrong = file ? await this.chat.attach(file) : null
      input.value = ""
      if (wrong) this.note.textContent = this.textOf(wrong)
    }
    return make("label", { class: "attach", title: this.texts.attach }, make("span", { "aria-hidden": "true" }, "+"), input)
  }

  private writing(): HTMLFormElement {
    const text = make("textarea", { rows: "1", maxlength: String(BODY_MAX), "aria-label": this.texts.write, placeholder: this.texts.write })
    const form = make("form", { class: "write" }, this.attaching(), text, make("button", { type: "submit" }, this.texts.send))
    form.onsubmit = (event) => {
      event.preventDefault()
      const body = text.value.trim()
      if (body) this.chat.say(body)
      text.value = ""
      text.focus()
    }
    text.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return // an input method takes its own Enter
      event.preventDefault()
      form.requestSubmit()
    }
    text.oninput = () => text.value && this.chat.typing()
    return form
  }

  // --- what comes in --------------------------------------------------------------------------------------------------

  agentTypes(): void {
    this.typingUntil = Date.now() + TYPING_SHOWN_MS
    this.drawNote()
    setTimeout(() => this.drawNote(), TYPING_SHOWN_MS + 50)
  }

  refused(): void {
    this.note.textContent = this.texts.unreadable
  }

  private see(): void {
    if (!this.panel.hidden && document.visibilityState === "visible") this.chat.see()
  }
}
