"""Compressed files read as plain ones; damage is a DataError that names the file."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from contracts.errors import DataError
from texts.formats.files import open_bytes

CONTENT = "".join(f"Zeile {i} ist {i * i}\n" for i in range(20_000)).encode()
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": lambda content: zstandard.ZstdCompressor(write_checksum=True).compress(content),
}
each_format = pytest.mark.parametrize("suffix", COMPRESSORS)


def _read(path: Path) -> bytes:
    parts = []
    with open_bytes(str(path)) as stream:
        while part := stream.read(1 << 16):
            parts.append(part)
    return b"".join(parts)


def test_plain(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(CONTENT)
    assert _read(path) == CONTENT


@each_format
def test_compressed(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(COMPRESSORS[suffix](CONTENT))
    assert _read(path) == CONTENT


@each_format
def test_several_members(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(COMPRESSORS[suffix](b"one\n") + COMPRESSORS[suffix](b"") + COMPRESSORS[suffix](CONTENT))
    assert _read(path) == b"one\n" + CONTENT


@each_format
def test_cut_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cut{suffix}"
    whole = COMPRESSORS[suffix](CONTENT)
    for length in (1, 5, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=rf"cut\{suffix} is damaged or cut short.*test it with"):
            _read(path)


@each_format
def test_damaged_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bad{suffix}"
    whole = bytearray(COMPRESSORS[suffix](CONTENT))
    whole[len(whole) // 2 : len(whole) // 2 + 40] = b"\xff" * 40
    path.write_bytes(bytes(whole))
    with pytest.raises(DataError, match="bad"):
        _read(path)


@each_format
def test_not_compressed_though_named_so(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"plain{suffix}"
    path.write_bytes(b"just a line of text, and another\n" * 10)
    with pytest.raises(DataError, match="plain"):
        _read(path)


@each_format
def test_compressed_though_not_named_so(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "corpus.en"
    path.write_bytes(COMPRESSORS[suffix](CONTENT))
    with pytest.raises(DataError, match=rf"rename it to end in \{suffix}"):
        _read(path)


def test_a_zip_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "corpus.en"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(DataError, match=r"corpus\.en is a zip archive .*`format: moses`"):
        _read(path)


def test_text_that_begins_like_bzip2_is_text(tmp_path: Path) -> None:
    path = tmp_path / "corpus.en"
    path.write_bytes(b"BZh9 is how it begins\n")
    assert _read(path) == b"BZh9 is how it begins\n"


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere does not exist"):
        _read(tmp_path / "nowhere")
    with pytest.raises(DataError, match="is a folder"):
        _read(tmp_path)


def test_zstd_bomb_comes_out_in_bounded_pieces(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zst"
    compressor = zstandard.ZstdCompressor().compressobj()
    with path.open("wb") as file:
        for _ in range(256):
            file.write(compressor.compress(bytes(1 << 20)))
        file.write(compressor.flush())
    total = 0
    with open_bytes(str(path)) as stream:
        while part := stream.read(1 << 16):
            assert len(part) <= 32 << 20
            total += len(part)
    assert total == 256 << 20


def test_bzip2_bomb_comes_out_in_bounded_pieces(tmp_path: Path) -> None:
    path = tmp_path / "bomb.bz2"
    path.write_bytes(bz2.compress(bytes(48 << 20)) * 2)
    total = 0
    with open_bytes(str(path)) as stream:
        while part := stream.read(1 << 16):
            assert len(part) <= 4 << 20
            total += len(part)
    assert total == 96 << 20


@pytest.mark.parametrize("suffix", [".xz", ".zst", ".bz2"])
def test_a_damaged_second_part_is_no_end(tmp_path: Path, suffix: str) -> None:
    compressed = COMPRESSORS[suffix](CONTENT)
    path = tmp_path / f"c{suffix}"
    path.write_bytes(compressed + compressed[:1] + bytes([compressed[1] ^ 1]) + compressed[2:])
    with pytest.raises(DataError, match="is damaged or cut short"):
        _read(path)


def test_zeros_may_stand_between_xz_streams(tmp_path: Path) -> None:
    compressed = lzma.compress(CONTENT)
    path = tmp_path / "c.xz"
    path.write_bytes(compressed + bytes(8) + compressed + bytes(4))
    assert _read(path) == 2 * CONTENT


def test_a_window_that_is_too_large_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "c.zst"
    large = zstandard.ZstdCompressionParameters.from_level(3, window_log=30)
    frame = zstandard.ZstdCompressor(compression_params=large).compressobj()
    path.write_bytes(frame.compress(b"one\n" * 1000) + frame.flush())
    with pytest.raises(DataError, match=r"more memory .* without --long"), open_bytes(str(path)) as stream:
        stream.read(10)
