// Who hears and sees that an offer is there? Ringing and notification follow the offers, on whatever page the agent is.
import { watch } from "vue"
import { i18n } from "../i18n"
import { notify, withdrawNotifications } from "../mine/notification"
import { startRinging, stopRinging } from "../mine/ring"
import type { Segment } from "./records"
import { offers } from "./seat"

export function callForOffers(): void {
  watch(offers, (now) => {
    withdrawNotifications(now.map(({ id }) => id))
    if (now.length === 0) return stopRinging("offer")
    startRinging("offer")
    for (const offer of now) notify(offer.id, i18n.global.t("desk.offers"), announcement(offer))
  })
}

export function announcement({ channel, queue }: Segment): string {
  const { t } = i18n.global
  return t("desk.new_offer", { channel: channel ? t(`channel.${channel}`) : "", queue })
}
