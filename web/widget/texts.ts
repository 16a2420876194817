// What does the widget say? In the visitor's language, if it is one of these.

const en = {
  open: "Chat with us", close: "Close", start: "Start the chat", send: "Send", write: "Write a message", message: "Your message", name: "Your name", email: "Your e-mail address",
  topic: "What is it about?", closed: "Nobody is here just now. Leave us a message, and we will answer.", leave: "Leave the message", left: "Thank you. We have your message and will answer.",
  waiting: "Somebody will be with you soon.", talking: "You are talking with {agent}.", over: "This chat is over.", anew: "Start a new chat", end: "End the chat", typing: "{agent} is writing …",
  offline: "No connection. What you write is kept and sent as soon as there is one.", failed: "That did not work. Please try again.", unreadable: "This message cannot be sent.", often: "Too many tries. Please wait a minute.",
  you: "You", somebody: "Agent", sending: "Being sent …", unread: "{n} new messages",
  attach: "Send a file", file: "Save {name}", transcript: "Send me this conversation", transcript_sent: "It is on its way.",
  "chat.file_kind": "Only images, PDF and text files can be sent.", "chat.file_too_large": "A file may have at most 5 MB.", "chat.too_many_files": "More files cannot be sent in this chat.",
  "chat.email": "This is no e-mail address.", "chat.transcript_sent": "This conversation was sent already.", "chat.nothing_said": "Nobody has answered yet.",
  wait_soon: "Somebody will be with you in less than a minute, probably.", wait_up_to: "You will probably wait up to {high} minutes.", wait_about: "You will probably wait about {high} minutes.",
  wait_range: "You will probably wait {low} to {high} minutes.", position: "You are number {n} in the queue.", first: "You are next.",
  question: "What would you like to know?", find: "Find an answer", talk: "I want to talk to somebody", write_instead: "I want to leave a message",
  answers: "Does one of these answer your question?", helped: "This helped", unfound: "There is no answer to that here. Somebody will help you.", glad: "Glad that we could help.", more: "Ask something else",
  idle_warning: "Are you still there? Otherwise this chat will end soon.", idle_end: "The chat was ended because nothing was written any more.",
}

export type Texts = typeof en

const zh: Texts = {
  open: "在线咨询", close: "关闭", start: "开始聊天", send: "发送", write: "输入消息", message: "您的消息", name: "您的姓名", email: "您的电子邮件",
  topic: "您想咨询什么？", closed: "现在没有客服在线。请留言，我们会回复您。", leave: "提交留言", left: "谢谢。我们已收到您的留言，会尽快回复。",
  waiting: "客服很快就会为您服务。", talking: "{agent} 正在为您服务。", over: "本次聊天已结束。", anew: "开始新的聊天", end: "结束聊天", typing: "{agent} 正在输入…",
  offline: "网络已断开。您输入的内容会保留，连接恢复后自动发送。", failed: "操作未成功，请重试。", unreadable: "此消息无法发送。", often: "尝试次数过多，请稍候一分钟。",
  you: "您", somebody: "客服", sending: "发送中…", unread: "{n} 条新消息",
  attach: "发送文件", file: "保存 {name}", transcript: "将聊天记录发给我", transcript_sent: "邮件已发出。",
  "chat.file_kind": "只能发送图片、PDF 和文本文件。", "chat.file_too_large": "文件不能超过 5 MB。", "chat.too_many_files": "本次聊天不能再发送文件。",
  "chat.email": "这不是电子邮件地址。", "chat.transcript_sent": "该聊天记录已发送。", "chat.nothing_said": "客服尚未回复。",
  wait_soon: "预计一分钟内即可为您服务。", wait_up_to: "预计等待不超过 {high} 分钟。", wait_about: "预计等待约 {high} 分钟。",
  wait_range: "预计等待 {low} 至 {high} 分钟。", position: "您排在第 {n} 位。", first: "下一位就是您。",
  question: "您想了解什么？", find: "查找答案", talk: "我想找人工客服", write_instead: "我想留言",
  answers: "以下内容是否解答了您的问题？", helped: "有帮助", unfound: "这里没有相关答案，我们的客服会帮助您。", glad: "很高兴能帮到您。", more: "再问一个问题",
  idle_warning: "您还在吗？否则聊天即将结束。", idle_end: "因长时间没有消息，聊天已结束。",
}

export function textsIn(language: string): Texts {
  return language.toLowerCase().startsWith("zh") ? zh : en
}

export function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""))
}
