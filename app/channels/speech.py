"""How does a text become sound? Spoken by espeak-ng as a process of its own, once for each text, in telephone quality.

What is said to everybody is kept by the hash of its text; what has a caller's own values in it for an hour.
"""

import asyncio
import hashlib
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

RATE = 8_000  # per second, 16 bits, one channel: what every telephone can play
SPEAK_S = 10.0
AT_ONCE = 2
TEXT_LENGTH_MAX = 4_000
PASSING_S = 3_600.0
KEPT_MAX = 20_000  # files; beyond it the longest unused go
WORDS_A_MINUTE = 155
VOICES = {"zh": "cmn", "en": "en-us"}  # espeak-ng's names; of other languages their own code


class Speechless(Exception):
    """The text could not be spoken: no espeak-ng, no such voice, or it took too long."""


@dataclass(slots=True)
class Speech:
    folder: Path
    command: str = "espeak-ng"
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _swept: float = 0.0

    async def say(self, text: str, language: str, *, personal: bool) -> Path:
        """The file of this text. Raises Speechless."""
        voice = VOICES.get(language.split("-")[0], language.split("-")[0])
        name = hashlib.sha256(f"{voice}\0{WORDS_A_MINUTE}\0{text}".encode()).hexdigest()
        path = self.folder / ("passing" if personal else "kept") / name[:2] / f"{name}.wav"
        if path.exists():
            if not personal and time.time() - path.stat().st_mtime > PASSING_S:
                path.touch()
            return path
        self._sweep()
        async with self._turns:
            if not path.exists():
                spoken = await self._spoken(text[:TEXT_LENGTH_MAX], voice)
                await asyncio.to_thread(_write, path, spoken)
        return path

    async def _spoken(self, text: str, voice: str) -> bytes:
        arguments = ("-v", voice, "-s", str(WORDS_A_MINUTE), "--stdin", "--stdout")
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                self.command, *arguments, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
            )
        except OSError as missing:
            raise Speechless(f"{self.command} cannot be run") from missing
        try:
            async with asyncio.timeout(SPEAK_S):
                sound, _ = await process.communicate(text.encode())
        except TimeoutError as slow:
            raise Speechless("too slow") from slow
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0 or len(sound) <= 44:
            raise Speechless(f"{self.command} says {process.returncode}")
        return sound

    def _sweep(self) -> None:
        """Now and then, at a text that is new."""
        now = time.time()
        if now - self._swept < PASSING_S / 4:
            return
        self._swept = now
        for path in (self.folder / "passing").glob("*/*.wav"):
            if now - path.stat().st_mtime > PASSING_S:
                path.unlink(missing_ok=True)
        kept = sorted((self.folder / "kept").glob("*/*.wav"), key=lambda path: path.stat().st_mtime)
        for path in kept[: max(0, len(kept) - KEPT_MAX)]:
            path.unlink(missing_ok=True)


def _write(path: Path, spoken: bytes) -> None:
    """Written beside and moved: nobody plays half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = int.from_bytes(spoken[24:28], "little")
    samples = resampled(np.frombuffer(spoken[44 : len(spoken) - len(spoken) % 2], dtype="<i2"), rate)
    half = path.with_suffix(".half")
    with wave.open(str(half), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    half.replace(path)


def resampled(
    samples: "np.ndarray[tuple[int], np.dtype[np.int16]]", rate: int
) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    """To RATE, by cutting the spectrum: what is above half of it cannot be heard on a telephone."""
    length = round(len(samples) * RATE / rate)
    spectrum = np.fft.rfft(samples.astype(np.float64))
    shortened = np.fft.irfft(spectrum[: length // 2 + 1], length) * (length / len(samples))
    return np.clip(np.round(shortened), -32768, 32767).astype("<i2")
