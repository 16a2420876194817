"""How does a mail go out? By SMTP, once; what came of it is one of four things, and only one of them leaves a doubt."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from app.channels.mail.access import MailAccess, MailTrouble, Trouble, require_public, trusted

ANSWER_S = 30.0
SAID_CHARACTERS_MAX = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """`later`: it was surely not taken, and may be next time; `refused`: it never will be; `unknown`: the line broke
    when it may have been taken. `said`: by the server, also of single recipients that it did not take.
    """

    came: Literal["sent", "later", "refused", "unknown"]
    said: str = ""


async def send(access: MailAccess, sender: str, recipients: Sequence[str], content: bytes) -> Outcome:
    """Raises MailTrouble where nobody could be asked: surely nothing was sent."""
    client = await _connected(access)
    try:
        refused, _ = await client.sendmail(sender, list(recipients), content)
    except aiosmtplib.SMTPRecipientsRefused as no:
        codes = [each.code for each in no.recipients]
        said = "; ".join(each.message for each in no.recipients)
        return _outcome("later" if any(code < 500 for code in codes) else "refused", said)
    except aiosmtplib.SMTPResponseException as no:
        return _outcome("later" if no.code < 500 else "refused", f"{no.code} {no.message}")
    except (aiosmtplib.SMTPException, OSError) as broken:
        return _outcome("unknown", str(broken))
    except ValueError as wrong:  # an address that cannot stand in an envelope
        return _outcome("refused", str(wrong))
    finally:
        client.close()
    return _outcome("sent", "; ".join(f"{answer.code} {answer.message}" for answer in refused.values()))


async def probe(access: MailAccess) -> None:
    """Whether one would be let in. Raises MailTrouble."""
    client = await _connected(access)
    client.close()


def _outcome(came: Literal["sent", "later", "refused", "unknown"], said: str) -> Outcome:
    return Outcome(came, said.replace("\x00", "")[:SAID_CHARACTERS_MAX])


async def _connected(access: MailAccess) -> aiosmtplib.SMTP:
    secret = await access.secret()
    await asyncio.to_thread(require_public, access.smtp, access.inside)
    server = access.smtp
    client = aiosmtplib.SMTP(
        hostname=server.host, port=server.port, timeout=ANSWER_S, use_tls=server.tls == "tls",
        start_tls=server.tls == "starttls", tls_context=None if server.tls == "none" else trusted(),
    )  # fmt: skip
    try:
        await client.connect()
        if client.supports_extension("auth"):
            enter = client.login if access.tokens is None else client.auth_xoauth2
            await enter(access.username, secret)
    except aiosmtplib.SMTPAuthenticationError as no:
        client.close()
        raise access.not_entered(f"{no.code} {no.message}") from no
    except ssl.SSLCertVerificationError as wrong:
        client.close()
        raise MailTrouble("certificate", wrong.verify_message) from wrong
    except (aiosmtplib.SMTPException, OSError) as away:
        client.close()
        is_untrusted = isinstance(away.__cause__, ssl.SSLCertVerificationError)
        word: Trouble = "certificate" if is_untrusted else "absent"
        raise MailTrouble(word, str(away)) from away
    return client
