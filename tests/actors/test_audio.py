import contextlib
import struct
import subprocess
import sys
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import audio
from actors.errors import ConfigurationError


def tone(rate, seconds=0.5, hertz=440):
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype(np.int16)


def riff(code, channels, rate, bits, data, *, data_size=None, extra=b""):
    fmt = struct.pack("<HHIIHH", code, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits) + extra
    chunks = b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    chunks += b"data" + struct.pack("<I", len(data) if data_size is None else data_size) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@given(st.lists(st.integers(-32768, 32767)))
def test_bytes_and_samples_are_the_same_thing(values):
    """Samples survive the way to bytes, to floats and back."""
    samples = np.array(values, np.int16)
    assert (audio.to_array(audio.to_bytes(samples)) == samples).all()
    assert (audio.from_float(audio.to_float(samples)) == samples).all()


def test_odd_bytes_are_refused():
    """Half a sample is an error, not silence."""
    with pytest.raises(ValueError, match="buffer size"):
        audio.to_array(b"abc")


def test_loud_floats_are_clipped():
    assert audio.from_float(np.array([2.0, -2.0])).tolist() == [32767, -32768]


def test_levels():
    assert audio.level_db(np.empty(0, np.int16)) == audio.SILENCE_DB
    assert audio.level_db(np.zeros(10, np.int16)) == audio.SILENCE_DB
    assert audio.level_db(np.full(100, -32768, np.int16)) == pytest.approx(0)
    assert audio.level_db(tone(16000)) == pytest.approx(20 * np.log10(8000 / 32768 / 2**0.5), abs=0.05)


def test_mixing_channels():
    stereo = np.array([[100, 300], [-100, -300]], np.int16)
    assert audio.mix_mono(stereo).tolist() == [200, -200]
    assert audio.mix_mono(stereo[:, :1]).tolist() == [100, -100]
    assert audio.mix_mono(stereo[:, 0]).tolist() == [100, -100]


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
def test_resampling_keeps_length_level_and_pitch(rate):
    out = audio.resample(tone(rate), rate, 16000)
    assert out.dtype == np.int16
    assert len(out) == pytest.approx(8000, abs=2)
    assert audio.level_db(out) == pytest.approx(audio.level_db(tone(rate)), abs=0.3)
    assert np.argmax(np.abs(np.fft.rfft(out))) == pytest.approx(220, abs=1)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(
    ("code", "bits", "encode"),
    [
        (1, 8, lambda x: ((x >> 8) + 128).astype(np.uint8)),
        (1, 16, lambda x: x.astype("<i2")),
        (1, 24, lambda x: (x.astype("<i4") << 8).view(np.uint8).reshape(*x.shape, 4)[..., :3]),
        (1, 32, lambda x: x.astype("<i4") << 16),
        (3, 32, lambda x: (x / 32768).astype("<f4")),
        (3, 64, lambda x: (x / 32768).astype("<f8")),
    ],
)
def test_wav_formats(code, bits, encode, channels):
    """Every kind of PCM is read; 8 bits with their own exactness."""
    samples = np.stack([tone(8000, 0.01, 300 * (c + 1)) for c in range(channels)], axis=1)
    for extra in (b"", struct.pack("<HHIH14s", 22, bits, 0, code, b"\0" * 14)):
        read = audio.read_wav(
            riff(0xFFFE if extra else code, channels, 8000, bits, encode(samples).tobytes(), extra=extra)
        )
        assert read.rate == 8000
        assert np.abs(read.samples.astype(int) - samples).max() < (256 if bits == 8 else 1)


@pytest.mark.parametrize(("code", "name"), [(7, "u-law"), (6, "a-law")])
def test_telephone_wavs_are_read_as_sox_reads_them(code, name, tmp_path):
    raw = bytes(range(256))
    (tmp_path / "x.wav").write_bytes(riff(code, 1, 8000, 8, raw))
    command = ["sox", str(tmp_path / "x.wav"), "-e", "signed", "-b", "16", "-t", "raw", "-"]
    try:
        expected = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<i2")
    except FileNotFoundError:
        pytest.skip("sox is not installed")
    assert (audio.read_wav(tmp_path / "x.wav").samples[:, 0] == expected).all()


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_stream_of_unknown_length_is_read_to_its_end(size):
    data = tone(16000).tobytes()
    assert audio.read_wav(riff(1, 1, 16000, 16, data + b"x", data_size=size)).samples.shape == (8000, 1)


def test_written_files_are_read_by_others_and_by_us(tmp_path):
    stereo = np.stack([tone(24000), tone(24000, hertz=880)], axis=1)
    audio.write_wav(tmp_path / "a.wav", stereo, 24000)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 24000, 12000)
    assert (audio.read_wav(tmp_path / "a.wav").samples == stereo).all()
    assert len(audio.read_wav(tmp_path / "a.wav").mono(16000)) == 8000


@given(st.binary(max_size=200))
def test_what_is_no_wav_is_an_error_that_says_so(data):
    """Whatever bytes come, nothing but the project's error leaves."""
    for content in (data, b"RIFF\0\0\0\0WAVE" + data, riff(1, 1, 8000, 16, b"")[:40] + data):
        with contextlib.suppress(ConfigurationError):
            assert audio.read_wav(content).samples.ndim == 2


def test_unknown_codecs_are_named():
    with pytest.raises(ConfigurationError, match="format 85"):
        audio.read_wav(riff(85, 1, 8000, 16, b"\0\0"))


def test_no_engine_is_imported_with_the_helpers():
    """The helpers stay light."""
    code = "import sys, actors.audio; print(*(m for m in ('openai', 'onnxruntime', 'hibari') if m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
