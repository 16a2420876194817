"""Can a file be played to callers? RIFF WAVE, PCM of 16 bits, one channel, 8,000 or 16,000 samples a second.

Source of the format: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991).
"""

from collections.abc import Iterator
from dataclasses import dataclass

RATES = (8_000, 16_000)
PCM, EXTENSIBLE = 1, 0xFFFE
SAMPLE_BYTES = 2
HEAD_BYTES, CHUNK_HEAD_BYTES, FORMAT_BYTES, EXTENSIBLE_BYTES = 12, 8, 16, 40


class NotPlayable(ValueError):
    """What was expected, and what is there."""


@dataclass(frozen=True, slots=True)
class Sound:
    rate: int
    samples: bytes  # little-endian

    @property
    def length_ms(self) -> int:
        return len(self.samples) // SAMPLE_BYTES * 1000 // self.rate


def read_wave(file: bytes) -> Sound:
    """Raises NotPlayable."""
    if len(file) < HEAD_BYTES or file[:4] != b"RIFF" or file[8:12] != b"WAVE":
        raise NotPlayable("expected a RIFF WAVE file")
    chunks = dict(_chunks(file))
    rate = _rate(chunks.get(b"fmt "))
    samples = chunks.get(b"data")
    if not samples or len(samples) % SAMPLE_BYTES:
        raise NotPlayable("expected whole samples of 16 bits in a data chunk")
    return Sound(rate, samples)


def written(sound: Sound) -> bytes:
    """The file again, without anything else that stood in it."""
    form = b"".join(
        (
            PCM.to_bytes(2, "little"), (1).to_bytes(2, "little"), sound.rate.to_bytes(4, "little"),
            (sound.rate * SAMPLE_BYTES).to_bytes(4, "little"), SAMPLE_BYTES.to_bytes(2, "little"),
            (8 * SAMPLE_BYTES).to_bytes(2, "little"),
        )
    )  # fmt: skip
    inside = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"data", sound.samples)
    return _chunk(b"RIFF", inside)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Raises NotPlayable for one that is longer than the file. What follows the samples does not matter."""
    at = HEAD_BYTES
    while at + CHUNK_HEAD_BYTES <= len(file):
        name, size = file[at : at + 4], int.from_bytes(file[at + 4 : at + 8], "little")
        content = file[at + CHUNK_HEAD_BYTES : at + CHUNK_HEAD_BYTES + size]
        if len(content) < size:
            raise NotPlayable("expected a whole file: it is shorter than it says")
        yield name, content
        if name == b"data":
            return
        at += CHUNK_HEAD_BYTES + size + size % 2  # each begins at an even place


def _rate(form: bytes | None) -> int:
    if form is None or len(form) < FORMAT_BYTES:
        raise NotPlayable("expected a fmt chunk before the samples")
    coding, channels = int.from_bytes(form[:2], "little"), int.from_bytes(form[2:4], "little")
    rate, bits = int.from_bytes(form[4:8], "little"), int.from_bytes(form[14:16], "little")
    if coding == EXTENSIBLE and len(form) >= EXTENSIBLE_BYTES:
        coding = int.from_bytes(form[24:26], "little")
    if coding != PCM or bits != 8 * SAMPLE_BYTES:
        raise NotPlayable(f"expected PCM of 16 bits, found format {coding} of {bits} bits")
    if channels != 1:
        raise NotPlayable(f"expected one channel, found {channels}")
    if rate not in RATES:
        raise NotPlayable(f"expected 8000 or 16000 samples a second, found {rate}")
    return rate
