// To which queue, to which agent? What can be chosen for a waiting contact, the likeliest first.
import { presenceRank } from "../desk/colleagues"
import { i18n } from "../i18n"
import type { Pick } from "../parts/PickList.vue"
import { doingOf, isAtWork, type ContactRecord } from "./records"
import { watching } from "./watch"

export function queueChoices({ company_id, queue_id }: ContactRecord): Pick[] {
  const same = watching.queues.value.filter((queue) => queue.company_id === company_id)
  return same
    .map(({ id, name, closed }) => ({ id, name, disabled: closed || id === queue_id }))
    .sort((a, b) => Number(a.disabled) - Number(b.disabled) || a.name.localeCompare(b.name))
}

/** Whoever is at work on this channel; the others are named with what they do instead, and cannot be chosen. */
export function agentChoices({ channel }: ContactRecord): Pick[] {
  const there = watching.agents.value.filter(({ chosen }) => chosen !== "offline")
  const rank = (each: (typeof there)[number]) => presenceRank({ chosen: each.chosen, reachable: each.desk_reachable, free: each.holds.length === 0 })
  return there
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    .map((agent) => ({
      id: agent.id,
      name: `${agent.name} · ${i18n.global.t(`doing.${doingOf(agent)}`)}`,
      also: Object.keys(agent.skills).join(" "),
      disabled: !isAtWork(agent, channel),
    }))
}
