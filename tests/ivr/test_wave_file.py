"""Is a file that callers can hear told from one that they cannot, whatever its bytes?"""

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.wave_file import NotPlayable, Sound, read_wave, written


def wave_of(samples: bytes = b"\x01\x02" * 800, rate: int = 8_000, channels: int = 1, width: int = 2) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return made.getvalue()


def with_more(file: bytes) -> bytes:
    """Names of its maker before the samples and behind them, of odd length."""
    more = b"LIST" + (5).to_bytes(4, "little") + b"maker\0"
    return file[:36] + more + file[36:] + more


@pytest.mark.parametrize("rate", [8_000, 16_000])
@pytest.mark.parametrize("change", [lambda file: file, with_more], ids=["bare", "with more in it"])
def test_what_telephones_play_is_read(rate: int, change: object) -> None:
    samples = b"\x05\x06" * rate
    sound = read_wave(change(wave_of(samples, rate)))  # type: ignore[operator]

    assert sound == Sound(rate, samples)
    assert sound.length_ms == 1_000


def test_an_extensible_header_says_the_same() -> None:
    file = wave_of()
    head = (0xFFFE).to_bytes(2, "little") + file[22:36] + (22).to_bytes(2, "little") + bytes(6)
    guid = (1).to_bytes(2, "little") + bytes.fromhex("000000001000800000aa00389b71")
    extensible = file[:16] + (40).to_bytes(4, "little") + head + guid + file[36:]

    assert read_wave(extensible) == read_wave(file)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"", "RIFF WAVE"),
        (b"ID3" + bytes(100), "RIFF WAVE"),
        (b"RIFF" + bytes(4) + b"AVI " + bytes(100), "RIFF WAVE"),
        (b"RIFF" + bytes(4) + b"WAVE", "fmt chunk"),
        (wave_of()[:36], "data chunk"),
        (wave_of(b""), "data chunk"),
        (wave_of()[:-1], "shorter than it says"),
        (wave_of(rate=44_100), "44100"),
        (wave_of(rate=8_001), "8001"),
        (wave_of(channels=2), "one channel, found 2"),
        (wave_of(width=1), "of 8 bits"),
        (wave_of()[:20] + (7).to_bytes(2, "little") + wave_of()[22:], "format 7"),
    ],
    ids=[
        "nothing", "an MP3", "a film", "empty", "no samples", "none of them", "cut off", "of a CD", "almost", "stereo",
        "8 bits", "mu-law",
    ],
)  # fmt: skip
def test_what_they_do_not_play_is_refused_and_says_why(file: bytes, said: str) -> None:
    with pytest.raises(NotPlayable, match=said):
        read_wave(file)


@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 255))
def test_no_bytes_break_it(tail: bytes, at: int, value: int) -> None:
    file = bytearray(wave_of(tail))
    file[at % len(file)] = value
    for each in (bytes(file), tail, b"RIFF" + tail):
        try:
            sound = read_wave(each)
        except NotPlayable:
            continue
        assert read_wave(written(sound)) == sound


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=200), st.sampled_from([8_000, 16_000]))
def test_what_is_written_is_what_everybody_reads(values: list[int], rate: int) -> None:
    samples = b"".join(value.to_bytes(2, "little", signed=True) for value in values)
    with wave.open(io.BytesIO(written(Sound(rate, samples)))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate)
        assert file.readframes(file.getnframes()) == samples
