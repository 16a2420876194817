"""What does an Asterisk need so that Jackfield can control its calls? Made by `jackfield asterisk-config`.

The dialplan is part of the product: whoever calls while Jackfield is away hears it ring, is tried again each second,
and after that leaves a message with Asterisk itself.
"""

RINGS_S = 30  # while we are away; a restart of ours takes a few seconds
LONGEST_CALL_S = 4 * 3600  # a channel that nobody owns any more ends then

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


def dialplan(application: str) -> str:
    """For extensions.conf."""
    return DIALPLAN.format(application=application, rings=RINGS_S, longest=LONGEST_CALL_S)


def ari(username: str, password: str) -> str:
    """For ari.conf."""
    return ARI.format(username=username, password=password)
