"""What is a file, by its own bytes? What its name or its sender says of it counts for nothing."""

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_ALLOWED_CONTROLS = frozenset("\t\n\r\f")


def kind_of(content: bytes) -> str | None:
    """Its media type; None: nothing that is taken. A text that looks like markup is text all the same."""
    for begin, media_type in MAGIC:
        if content.startswith(begin):
            return media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "text/plain" if is_text(content) else None


def is_text(content: bytes) -> bool:
    """UTF-8 without signs that no text has."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text) and not any((sign < " " and sign not in _ALLOWED_CONTROLS) or sign == "\x7f" for sign in text)
