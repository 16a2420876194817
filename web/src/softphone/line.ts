// How does the page speak SIP? The one file that knows JsSIP, loaded when somebody has a softphone.
import * as JsSIP from "jssip"
import type { RTCSession } from "jssip/lib/RTCSession"
import type { components } from "../api/schema"
import type { PhoneEvent } from "./state"

export type Access = components["schemas"]["SoftphoneShown"]

export interface Line {
  answer(id: string, voice: MediaStream): void
  /** Calls in and stays: what is offered comes to this call. */
  stand(voice: MediaStream): void
  /** Also of a call that only rings. */
  hangUp(id: string): void
  mute(id: string, on: boolean): void
  press(id: string, key: string): void
  speakWith(id: string, voice: MediaStream): void
  close(): void
}

const AGAIN_MS = 15_000 // after a refusal: perhaps Asterisk has not read its new phones yet
const BUSY = 486
const DECLINED = 603
const WITHHELD = "anonymous" // RFC 3323
const STAND = "*5" // as the dialplan of `jackfield asterisk-config` has it
const NO_SERVERS: RTCConfiguration = { iceServers: [] } // phone and Asterisk see each other in the same network

export function openLine(access: Access, tell: (event: PhoneEvent) => void, hear: (sound: MediaStream | null) => void, isFree: () => boolean): Line {
  const sessions = new Map<string, RTCSession>()
  let again: number | undefined
  let isOpen = true // what a line says after it was closed concerns nobody
  const tellOfLine = (event: PhoneEvent) => isOpen && tell(event)
  const ua = new JsSIP.UA({
    sockets: new JsSIP.WebSocketInterface(access.socket),
    uri: access.uri,
    authorization_user: access.user,
    password: access.password,
    display_name: access.display,
    session_timers: false,
    user_agent: "Jackfield",
    connection_recovery_max_interval: 15,
  })
  ua.on("registered", () => tellOfLine({ is: "registered" }))
  ua.on("unregistered", () => tellOfLine({ is: "unregistered" }))
  ua.on("disconnected", () => tellOfLine({ is: "troubled", by: "lost" })) // JsSIP connects again by itself
  ua.on("registrationFailed", ({ response }) => {
    tellOfLine({ is: "troubled", by: response ? "refused" : "unanswered" })
    window.clearTimeout(again)
    again = window.setTimeout(() => ua.isConnected() && ua.register(), AGAIN_MS)
  })
  ua.on("newRTCSession", ({ session }: { session: RTCSession }) => {
    if (session.direction === "outgoing") return // one that stands: followed by who asked for it
    if (!isFree()) return session.terminate({ status_code: BUSY })
    sessions.set(session.id, session)
    follow(session, tell, hear, () => sessions.delete(session.id))
    const number = session.remote_identity.uri.user ?? ""
    tell({ is: "rang", id: session.id, number: number === WITHHELD ? "" : number })
  })
  ua.start()
  return {
    answer: (id, mediaStream) => sessions.get(id)?.answer({ mediaStream, pcConfig: NO_SERVERS }),
    stand(mediaStream) {
      const session = ua.call(STAND, { mediaStream, pcConfig: NO_SERVERS, mediaConstraints: { audio: true, video: false } })
      sessions.set(session.id, session)
      tell({ is: "stood", id: session.id })
      follow(session, tell, hear, () => sessions.delete(session.id))
    },
    hangUp(id) {
      const session = sessions.get(id)
      if (session && !session.isEnded()) session.terminate(session.isInProgress() ? { status_code: DECLINED } : {})
    },
    mute: (id, on) => (on ? sessions.get(id)?.mute({ audio: true }) : sessions.get(id)?.unmute({ audio: true })),
    press: (id, key) => sessions.get(id)?.sendDTMF(key, { duration: 120, transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833 }),
    speakWith(id, voice) {
      const sender = sessions.get(id)?.connection?.getSenders().find(({ track }) => track?.kind === "audio")
      const [track] = voice.getAudioTracks()
      if (sender && track) track.enabled = sender.track?.enabled ?? true
      void sender?.replaceTrack(track ?? null)
    },
    close() {
      isOpen = false
      window.clearTimeout(again)
      ua.stop()
    },
  }
}

function follow(session: RTCSession, tell: (event: PhoneEvent) => void, hear: (sound: MediaStream | null) => void, over: () => void): void {
  const { id } = session
  const end = () => {
    over()
    hear(null)
    tell({ is: "ended", id })
  }
  const listen = (peer: RTCPeerConnection) => peer.addEventListener("track", ({ streams, track }) => hear(streams[0] ?? new MediaStream([track])))
  if (session.connection) listen(session.connection)
  else session.on("peerconnection", ({ peerconnection }) => listen(peerconnection))
  session.on("confirmed", () => tell({ is: "established", id }))
  session.on("muted", () => tell({ is: "muted", id, on: true }))
  session.on("unmuted", () => tell({ is: "muted", id, on: false }))
  session.on("ended", end)
  session.on("failed", end)
}
