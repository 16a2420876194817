// One script tag on the company's site: <script src="https://centre.example/widget.js" data-key="…" async></script>
import { Chat } from "./chat"
import { View } from "./view"

const script = document.currentScript as HTMLScriptElement | null

function begin(key: string, server: string, language: string): void {
  const host = document.createElement("jackfield-chat")
  document.body.append(host)
  const chat: Chat = new Chat(server, key, (what) => {
    if (what === "typing") view.agentTypes()
    else if (what === "refused") view.refused()
    else view.draw()
  })
  const view = new View(host, chat, language)
  if (chat.kept.isOpen || chat.kept.starting) void view.open(true)
  else if (chat.kept.token) void chat.look().then((looked) => (looked === null || looked.talks) && chat.connectSoon(0))
}

if (script?.dataset.key && !document.querySelector("jackfield-chat")) {
  const { key, language } = script.dataset
  const run = () => begin(key, new URL(script.src).origin, language ?? (document.documentElement.lang || navigator.language))
  if (document.body) run()
  else addEventListener("DOMContentLoaded", run)
}
