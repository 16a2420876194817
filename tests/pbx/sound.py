"""Tones that parties play, and which of them a recording holds when."""

import hashlib
import io
import wave
from pathlib import Path

import numpy as np

from app.channels.speech import VOICES, WORDS_A_MINUTE

RATE = 8_000
WINDOW_S = 0.05


Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


def tone(path: Path, hertz: float, seconds: float = 2.0) -> Path:
    """A file of G.711 µ-law, as SIPp plays it over and over; seconds times hertz is whole, so that it never clicks."""
    path.write_bytes(mu_law(sine(hertz, seconds)))
    return path


def sine(hertz: float, seconds: float) -> Samples:
    at = np.arange(int(RATE * seconds)) / RATE
    return np.asarray(0.4 * np.sin(2 * np.pi * hertz * at))


def wave_file(hertz: float, seconds: float, rate: int = RATE) -> bytes:
    """A tone as RIFF WAVE, 16 bits and one channel."""
    at = np.arange(int(rate * seconds)) / rate
    return _mono((0.4 * np.sin(2 * np.pi * hertz * at) * 32767).astype("<i2"), rate)


def _mono(samples: "np.ndarray[tuple[int], np.dtype[np.int16]]", rate: int = RATE) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return made.getvalue()


def lanes(stereo: bytes) -> list[bytes]:
    """The left and the right of a WAVE file, each as one of one channel."""
    with wave.open(io.BytesIO(stereo)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        both = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    return [_mono(both[:, lane]) for lane in (0, 1)]


def voiced(prompts: Path, text: str, hertz: float, seconds: float, language: str = "en") -> None:
    """In place of its words this text is spoken as a tone: whoever hears it can be told."""
    name = hashlib.sha256(f"{VOICES[language]}\0{WORDS_A_MINUTE}\0{text}".encode()).hexdigest()
    path = prompts / "kept" / name[:2] / f"{name}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wave_file(hertz, seconds))


def mu_law(samples: Samples) -> bytes:
    """ITU-T G.711, by its formula and not by its table: near enough for a tone."""
    magnitude = np.log1p(255 * np.abs(samples)) / np.log(256)
    code = np.clip(np.round(magnitude * 127), 0, 127).astype(np.uint8)
    sign = np.where(samples < 0, 0, 0x80).astype(np.uint8)
    return (sign | (0x7F - code)).astype(np.uint8).tobytes()


def mu_law_samples(sound: bytes) -> Samples:
    """The way back, from -1 to 1."""
    code = np.frombuffer(sound, np.uint8)
    magnitude = (np.power(256.0, (0x7F - (code & 0x7F)) / 127) - 1) / 255
    return np.asarray(np.where(code & 0x80, magnitude, -magnitude))


def loud(sound: bytes) -> bool:
    """Whether anything is to be heard in bare samples."""
    return len(sound) > 1 and int(np.abs(np.frombuffer(sound, "<i2").astype(np.int32)).max()) > 200


def heard(wav: bytes, hertz: float) -> list[tuple[float, float]]:
    """From when to when a tone is in a recording, in seconds; gaps below 0.2 s are none."""
    with wave.open(io.BytesIO(wav)) as file:
        return tones(file.readframes(file.getnframes()), hertz)


def tones(sound: bytes, hertz: float) -> list[tuple[float, float]]:
    """The same of bare samples: 16 bits, 8,000 a second."""
    samples = np.frombuffer(sound[: len(sound) // 2 * 2], "<i2").astype(np.float64) / 32768
    size = int(RATE * WINDOW_S)
    spans: list[tuple[float, float]] = []
    for first in range(0, len(samples) - size, size):
        part = samples[first : first + size]
        wheel = np.exp(-2j * np.pi * hertz * np.arange(size) / RATE)
        if 2 * abs(np.dot(part, wheel)) / size < 0.05:
            continue
        begin, end = first / RATE, (first + size) / RATE
        if spans and begin - spans[-1][1] < 0.2:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    return spans
