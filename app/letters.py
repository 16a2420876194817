"""How is an answer to a mail headed, and how does it end?"""

from email.errors import MessageError
from email.headerregistry import Address

SUBJECT_CHARACTERS_MAX = 500


def can_stand_in_a_header(address: str) -> bool:
    """Some that arrive cannot be written to: `a..b@example.com`, or letters that plain SMTP does not carry."""
    try:
        Address(addr_spec=address)
    except (MessageError, ValueError, IndexError):
        return False
    return address.isascii()


def subject_of_answer(subject: str, is_automatic: bool = False) -> str:
    """RFC 5322: `Re: ` once; RFC 3834: `Auto: ` before it."""
    bare = subject.strip()
    answer = bare if bare[:3].lower() in ("re:", "aw:") or bare[:3] in ("回复：", "回复:") else f"Re: {bare}"
    return f"{'Auto: ' if is_automatic else ''}{answer}"[:SUBJECT_CHARACTERS_MAX]


def with_signature(text: str, signature: str) -> str:
    return f"{text.rstrip()}\n\n-- \n{signature}\n" if signature.strip() else f"{text.rstrip()}\n"
