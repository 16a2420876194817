"""What does an Asterisk need so that Jackfield can control its calls? Made by `jackfield asterisk-config`.

The dialplan is part of the product: whoever calls while Jackfield is away hears it ring, is tried again each second,
and after that leaves a message with Asterisk itself.
"""

from collections.abc import Iterable

from app.channels.asterisk.words import LONGEST_CALL_S, LONGEST_FAX_S
from app.softphones import Softphone

LONGEST_SHIFT_S = 16 * 3600  # so long may a phone stand
RINGS_S = 30  # while we are away; a restart of ours takes a few seconds

DIALPLAN = """\
; Jackfield: calls come in here. Lead your trunk's context to it: include => {application}
[{application}]
exten => _[+0-9]!,1,NoOp(Jackfield ${{EXTEN}})
 same => n,Set(TIMEOUT(absolute)={longest})
 same => n,Set(JACKFIELD_TRIES=0)
 same => n(again),Stasis({application},${{EXTEN}})
 same => n,GotoIf($["${{STASISSTATUS}}" != "FAILED"]?over)
 same => n,Set(JACKFIELD_TRIES=$[${{JACKFIELD_TRIES}} + 1])
 same => n,GotoIf($[${{JACKFIELD_TRIES}} > {rings}]?alone)
 same => n,Ringing()
 same => n,Wait(1)
 same => n,Goto(again)
 same => n(alone),Answer()
 same => n,Wait(1)
 same => n,Playback(vm-nobodyavail)
 same => n,Record({application}-%d.wav,5,120)
 same => n(over),Hangup()
; A caller on a voice number turns out to be a fax machine: back to Jackfield, which leads the call to the faxes below.
exten => fax,1,Set(JACKFIELD_TRIES=0)
 same => n(again),Stasis({application},fax,${{FAXEXTEN}})
 same => n,GotoIf($["${{STASISSTATUS}}" != "FAILED"]?over)
 same => n,Set(JACKFIELD_TRIES=$[${{JACKFIELD_TRIES}} + 1])
 same => n,GotoIf($[${{JACKFIELD_TRIES}} > {rings}]?over)
 same => n,Wait(1)
 same => n,Goto(again)
 same => n(over),Hangup()

; Jackfield: faxes. It leads calls here and says in which file. What came of it is noted, whoever lives at that moment.
[{application}-fax]
exten => receive,1,Set(TIMEOUT(absolute)={longest_fax})
 same => n,Set(CHANNEL(hangup_handler_push)={application}-fax,over,1)
 same => n,Set(JACKFIELD_FAX_BEGAN=${{EPOCH}})
 same => n,Set(FAXOPT(faxdetect)=no)
 same => n,Set(FAXOPT(ecm)=yes)
 same => n,Set(FAXOPT(localstationid)=${{JACKFIELD_FAX_STATION}})
 same => n,Answer()
 same => n,ReceiveFAX(${{JACKFIELD_FAX_FILE}},f)
 same => n,Hangup()
exten => send,1,Set(TIMEOUT(absolute)={longest_fax})
 same => n,Set(CHANNEL(hangup_handler_push)={application}-fax,over,1)
 same => n,Set(JACKFIELD_FAX_BEGAN=${{EPOCH}})
 same => n,Set(FAXOPT(ecm)=yes)
 same => n,Set(FAXOPT(localstationid)=${{JACKFIELD_FAX_STATION}})
 same => n,SendFAX(${{JACKFIELD_FAX_FILE}},fz)
 same => n,Hangup()
exten => over,1,Set(JACKFIELD_FAX_TOOK=$[${{EPOCH}} - ${{JACKFIELD_FAX_BEGAN}}])
 same => n,Set(JACKFIELD_FAX_OTHER=${{FILTER(0-9A-Za-z+\\x20,${{REMOTESTATIONID}})}})
 same => n,Set(JACKFIELD_FAX_SAID=${{FAXSTATUS}}/${{FAXPAGES}}/${{JACKFIELD_FAX_TOOK}}/${{JACKFIELD_FAX_OTHER}})
 same => n,Set(GLOBAL(JACKFIELD_FAX_${{JACKFIELD_FAX}})=${{JACKFIELD_FAX_SAID}})
 same => n,Return()
"""

# `/n` and the context of its own keep the two channels of a wire apart for as long as it is.
PHONES = """\

; Agents' phones: context={application}-phones in pjsip.conf. One that calls *5 stays on the line for its calls.
[{application}-phones]
exten => *5,1,NoOp(Jackfield: a phone stands)
 same => n,Set(TIMEOUT(absolute)={shift})
 same => n,Stasis({application},standing)
 same => n,Hangup()

[{application}-line]
exten => s,1,Stasis({application},line)
 same => n,Hangup()
"""

ARI = """\
[general]
enabled = yes
pretty = no

[{username}]
type = user
read_only = no
password_format = plain
password = {password}
"""

HTTP = """\
[general]
enabled = yes
bindaddr = 127.0.0.1
bindport = 8088
sessionlimit = 1000
"""

# ulaw first: between a trunk and a browser nothing is then recoded, and no Asterisk lacks it. A phone leads nowhere by
# itself but to its own standing line. One that sends nothing any more is gone; its call ends.
SOFTPHONES = """\
; Jackfield: the softphones of agents. Made anew by each `jackfield asterisk-config`; pjsip.conf: #include {file}

[jackfield-ws]
type=transport
protocol=ws
bind=0.0.0.0

[jackfield-wss]
type=transport
protocol=wss
bind=0.0.0.0

[jackfield-softphone](!)
type=endpoint
context=jackfield-phones
disallow=all
allow=ulaw,alaw,opus
webrtc=yes
dtls_auto_generate_cert=yes
direct_media=no
dtmf_mode=rfc4733
rtp_timeout=30
"""

SOFTPHONE = """\

; {comment}
[{user}](jackfield-softphone)
auth={user}
aors={user}
[{user}]
type=auth
auth_type=userpass
username={user}
password={password}
[{user}]
type=aor
max_contacts=1
remove_existing=yes
"""
SOFTPHONES_FILE = "pjsip-jackfield.conf"


def softphones(phones: Iterable[Softphone]) -> str:
    """For pjsip.conf: transports, a template, and three sections for each agent's phone."""
    head = SOFTPHONES.format(file=SOFTPHONES_FILE)
    return head + "".join(
        SOFTPHONE.format(user=phone.user, password=phone.password, comment=_comment(phone.display)) for phone in phones
    )


def _comment(name: str) -> str:
    """A name in one line, without what would end or open a comment of Asterisk's."""
    return " ".join(name.replace(";", " ").split()).removeprefix("--") or "-"


def dialplan(application: str) -> str:
    """For extensions.conf."""
    bounds = {"rings": RINGS_S, "longest": LONGEST_CALL_S, "longest_fax": LONGEST_FAX_S}
    calls = DIALPLAN.format(application=application, **bounds)
    return calls + PHONES.format(application=application, shift=LONGEST_SHIFT_S)


def ari(username: str, password: str) -> str:
    """For ari.conf."""
    return ARI.format(username=username, password=password)
