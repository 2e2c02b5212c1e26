"""A damaged picture is read as a picture of the right shape, or refused with one PictureError; there is no third way."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image, features

from fuzz import outcome
from fuzz.damage import damaged, numbers
from minigan.data.pictures import PictureError, read_picture

pytestmark = pytest.mark.slow

LIMIT = 2**30  # bytes: what a picture may take
SECONDS = 2


def saved(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def samples(format):
    """Some files of a format: its modes, its compressions, animations."""
    colour = Image.fromarray(numbers(0, (33, 24, 3)))
    grey, alpha, palette = colour.convert("L"), Image.fromarray(numbers(1, (24, 33, 4))), colour.convert("P")
    wide = Image.fromarray(numbers(2, (24, 33)).astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6
    modes = {"P": palette, "L": grey, "1": colour.convert("1"), "RGB": colour, "RGBA": alpha, "I;16": wide}
    modes |= {"LA": alpha.convert("LA"), "CMYK": colour.convert("CMYK")}
    frames = {"save_all": True, "append_images": [colour.rotate(90), colour.rotate(180)]}
    variants = {
        "PNG": [("P", {}), ("L", {}), ("1", {}), ("RGB", {"exif": exif}), ("RGBA", {}), ("I;16", {}), ("LA", {}), ("RGB", frames)],
        "JPEG": [("RGB", {}), ("L", {}), ("CMYK", {}), ("RGB", {"progressive": True, "exif": exif}), ("RGB", {"restart_marker_rows": 1})],
        "GIF": [("P", {}), ("P", {"interlace": 1, "transparency": 3}), ("RGB", frames)],
        "BMP": [("P", {}), ("L", {}), ("1", {}), ("RGB", {}), ("RGBA", {})],
        "WEBP": [("RGB", {}), ("RGBA", {"lossless": True}), ("RGBA", {}), ("RGB", frames | {"exif": exif})],
        "TIFF": [
            *[(mode, {}) for mode in ("P", "1", "RGBA", "I;16", "CMYK")],
            *[("RGB", {"compression": name}) for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")],
            ("1", {"compression": "group4"}), ("RGB", frames),
        ],
        "PPM": [("L", {}), ("1", {}), ("RGB", {}), ("I;16", {})],
        "ICO": [("RGBA", {}), ("RGBA", {"bitmap_format": "bmp"}), ("P", {"sizes": [(16, 16), (24, 24)]})],
    }  # fmt: skip
    plain = [b"P3 2 2 255 " + b"7 " * 12, b"P1 3 2 0 1 0 1 0 1", b"P2 2 2 65535 1 2 3 4", b"Pf 2 2 -1.0\n" + bytes(16)]
    return [saved(modes[mode], format, **options) for mode, options in variants[format]] + plain * (format == "PPM")


FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "ICO")
SAMPLES = {format: samples(format) for format in FORMATS}


def with_checksums(blob):
    """A PNG with the checksum of each chunk made right, so that damage gets past them to the decoder."""
    parts, at = [blob[:8]], 8
    while at + 12 <= len(blob):
        n = int.from_bytes(blob[at : at + 4], "big")
        body = blob[at + 4 : at + 8 + n]
        if at + 12 + n > len(blob):
            break
        parts += [blob[at : at + 4], body, struct.pack(">I", zlib.crc32(body))]
        at += 12 + n
    return b"".join(parts) + blob[at:]


def refused_or_read(blob, path, rng, memory_limit):
    path.write_bytes(blob)
    channels = int(rng.choice((1, 3)))
    begun = time.process_time()
    with memory_limit(LIMIT):
        found, refusal = outcome(lambda: read_picture(path, 8, channels), PictureError)
    spent = time.process_time() - begun
    assert spent < SECONDS, f"{spent:.1f} s"
    if refusal:
        assert refusal.startswith(f"{path}: ")
        assert "\n" not in refusal
        assert "MemoryError" not in refusal
    else:
        pixels, size, mode = found
        assert (pixels.shape, pixels.dtype) == ((8, 8, channels), np.uint8)
        assert min(size) > 0
        assert mode


@pytest.mark.fuzz(40)
@pytest.mark.parametrize("format", FORMATS)
def test_damaged_picture(rng, format, tmp_path, memory_limit):
    one = SAMPLES[format][rng.integers(len(SAMPLES[format]))]
    others = SAMPLES[format if rng.random() < 0.7 else FORMATS[rng.integers(len(FORMATS))]]
    blob = damaged(rng, one, others[rng.integers(len(others))])
    if format == "PNG" and rng.random() < 0.8:
        blob = with_checksums(blob)
    refused_or_read(blob, tmp_path / "photo", rng, memory_limit)


@pytest.mark.parametrize("format", FORMATS)
def test_every_sample_is_read_as_it_is(format, tmp_path):
    assert features.check("webp")
    for k, blob in enumerate(SAMPLES[format]):
        (tmp_path / "photo").write_bytes(blob)
        _, refusal = outcome(lambda: read_picture(tmp_path / "photo", 8, 3), PictureError)
        assert not refusal or "mode F" in refusal, f"sample {k}"
