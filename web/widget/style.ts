// How does the widget look? Sites set the variables on `jackfield-chat`.

export const STYLE = `
:host {
  all: initial;
  --accent: var(--jackfield-accent, #0b6b7d);
  --on-accent: var(--jackfield-on-accent, #fff);
  --surface: var(--jackfield-surface, #fff);
  --sunken: var(--jackfield-sunken, #eef2f4);
  --text: var(--jackfield-text, #16212b);
  --muted: var(--jackfield-muted, #55636f);
  --line: var(--jackfield-line, #74828d);
  --radius: var(--jackfield-radius, 14px);
  color: var(--text);
  font: 15px/1.45 var(--jackfield-font, system-ui, "PingFang SC", "Microsoft YaHei", sans-serif);
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button, input, textarea { font: inherit; color: inherit; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button { min-height: 44px; border: 0; border-radius: calc(var(--radius) / 1.5); padding: 0 16px; cursor: pointer; background: var(--accent); color: var(--on-accent); font-weight: 600; }
button.plain { background: none; color: var(--text); font-weight: 500; }
.launch { position: fixed; inset: auto 20px 20px auto; z-index: var(--jackfield-z, 2147483000); display: flex; gap: 8px; align-items: center; min-height: 52px; border-radius: 999px; box-shadow: 0 4px 18px #0004; }
.badge { min-width: 22px; padding: 0 6px; border-radius: 999px; background: var(--on-accent); color: var(--accent); }
.panel { position: fixed; inset: auto 20px 20px auto; z-index: var(--jackfield-z, 2147483000); display: flex; flex-direction: column; width: 372px; height: min(600px, calc(100vh - 40px)); height: min(600px, calc(100dvh - 40px)); overflow: hidden; border-radius: var(--radius); background: var(--surface); box-shadow: 0 10px 40px #0005; }
header { display: flex; align-items: center; gap: 8px; padding: 8px 8px 8px 16px; background: var(--accent); color: var(--on-accent); }
header h2 { flex: 1; margin: 0; font-size: 16px; overflow-wrap: anywhere; }
header button { color: var(--on-accent); background: none; padding: 0 12px; }
header :focus-visible { outline-color: var(--on-accent); }
.note { margin: 0; padding: 8px 16px; background: var(--sunken); font-size: 14px; }
.note:empty { display: none; }
.log { flex: 1; min-height: 0; overflow-y: auto; padding: 12px 16px; display: flex; flex-direction: column; gap: 8px; }
.message { align-self: flex-start; max-width: 84%; }
.message p { margin: 0; padding: 8px 12px; border-radius: var(--radius); background: var(--sunken); white-space: pre-wrap; overflow-wrap: anywhere; }
.message.customer { align-self: flex-end; }
.message.customer p { background: var(--accent); color: var(--on-accent); }
.message.system { align-self: center; max-width: 100%; }
.message.system p { background: none; color: var(--muted); font-size: 14px; text-align: center; }
.message small { display: block; color: var(--muted); font-size: 12px; }
.typing { min-height: 22px; margin: 0; padding: 0 16px; color: var(--muted); font-size: 14px; }
form { display: grid; gap: 10px; padding: 12px 16px 16px; }
form.ask { overflow-y: auto; }
form.write { align-items: end; border-top: 1px solid var(--sunken); }
label { display: grid; gap: 4px; font-size: 14px; }
input, textarea { width: 100%; min-height: 44px; padding: 9px 12px; border: 1px solid var(--line); border-radius: calc(var(--radius) / 1.5); background: var(--surface); resize: none; font-size: 16px; }
.wrong { margin: 0; color: #a61b1b; font-size: 14px; }
.wrong:empty { display: none; }
form.write { grid-template-columns: auto minmax(0, 1fr) auto; }
.attach { display: grid; place-items: center; min-width: 44px; min-height: 44px; border: 1px solid var(--line); border-radius: calc(var(--radius) / 1.5); font-size: 20px; cursor: pointer; }
.attach:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
.message button.file { padding: 0 12px; overflow-wrap: anywhere; text-align: start; text-decoration: underline; background: var(--sunken); color: var(--text); font-weight: 500; }
.answers { flex: 1; overflow-y: auto; padding: 0 16px 12px; }
.answers details { border-bottom: 1px solid var(--sunken); padding: 4px 0; }
.answers summary { min-height: 44px; padding: 10px 0; cursor: pointer; font-weight: 600; overflow-wrap: anywhere; }
.answers p { margin: 0 0 10px; white-space: pre-wrap; overflow-wrap: anywhere; }
.answers button { margin-bottom: 10px; }
.foot { flex-wrap: wrap; display: flex; justify-content: center; padding: 0 16px 10px; }
.hide { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 480px) { .panel { inset: 0; width: auto; height: auto; border-radius: 0; } }
`
