"""One picture: every mode comes out as it should, and no file can do harm."""

import io
import os
import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan.data.pictures import FORMATS, PIXELS, SIDE, PictureError, open_picture, read_picture

GREY = np.array([[0, 255], [100, 200]], np.uint8)
COLOUR = np.random.default_rng(0).integers(0, 256, (2, 2, 3), dtype=np.uint8)


def read(path, channels=3, size=2):
    return read_picture(path, size, channels)[0]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth=8, colour=2, data=b"", before=b""):
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")


# ---- what comes out ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.ppm", "a.webp", "a.ico", "a.gif", "a.jpg"])
def test_eight_formats(tmp_path, name):
    options = {"a.webp": {"lossless": True}, "a.jpg": {"quality": 100}}.get(name, {})
    flat = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    Image.fromarray(flat).save(tmp_path / name, **options)
    found, size, _ = read_picture(tmp_path / name, 16, 3)
    assert size == (16, 16)
    assert np.abs(found.astype(int) - flat).max() <= (2 if name == "a.jpg" else 0)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("1", [[0, 255], [0, 255]]),
        ("L", [[0, 255], [100, 200]]),
        ("LA", [[0, 255], [100, 200]]),
        ("P", [[0, 255], [100, 200]]),
        ("PA", [[0, 255], [100, 200]]),
        ("I;16", [[0, 255], [100, 200]]),
        ("RGBX", [[0, 255], [100, 200]]),
        ("CMYK", [[0, 255], [100, 200]]),
    ],
)
def test_grey_values_survive_in_every_mode(tmp_path, mode, expected):
    image = Image.fromarray(GREY)
    if mode == "I;16":
        image = Image.fromarray(GREY.astype(np.uint16) * 257)
    elif mode == "1":
        image = image.point(lambda value: 255 * (value > 128)).convert("1")
    elif mode in ("LA", "P", "CMYK"):
        image = image.convert(mode) if mode != "CMYK" else image.convert("RGB").convert("CMYK")
    elif mode == "PA":
        image = image.convert("LA").convert("PA")
    else:
        image = image.convert("RGB").convert(mode)
    name = tmp_path / ("a.tif" if mode in ("CMYK", "PA", "RGBX") else "a.png")
    image.save(name)
    np.testing.assert_array_equal(read(name, 1)[..., 0], expected)
    np.testing.assert_array_equal(read(name, 3), np.repeat(np.array(expected)[..., None], 3, axis=2))


@pytest.mark.parametrize("name", ["a.png", "a.pgm", "a.tif"])
def test_sixteen_bits(tmp_path, name):
    Image.fromarray(GREY.astype(np.uint16) * 257).save(tmp_path / name)
    np.testing.assert_array_equal(read(tmp_path / name, 1)[..., 0], GREY)


def test_transparency_is_put_on_white(tmp_path):
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0, :, 3] = 255, 128
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert read(tmp_path / "a.png")[..., 0].tolist() == [[0, 127], [255, 255]]
    Image.fromarray(pixels[..., 2:]).save(tmp_path / "b.png")  # grey and alpha
    assert read(tmp_path / "b.png", 1)[..., 0].tolist() == [[0, 127], [255, 255]]


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_an_animation_is_its_first_frame(tmp_path, name):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue", "green")]
    options = {"lossless": True} if name == "a.webp" else {}
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **options)
    assert read(tmp_path / name)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(tmp_path, orientation):
    back = [None, None, "fliplr", "rot180", "flipud", "T", "rot90", "anti", "rot270"][orientation]
    change = {
        None: lambda a: a, "fliplr": np.fliplr, "flipud": np.flipud, "rot180": lambda a: np.rot90(a, 2),
        "T": lambda a: a.swapaxes(0, 1), "rot90": np.rot90, "rot270": lambda a: np.rot90(a, 3),
        "anti": lambda a: np.rot90(a.swapaxes(0, 1), 2),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(change[back](COLOUR))).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read(tmp_path / "a.png"), COLOUR)


def test_damaged_metadata_does_not_cost_the_picture(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "a.png", exif=b"MM\0*\0\0\0\x08\0\x01\x01\x12\xff\xff\xff\xff")
    np.testing.assert_array_equal(read(tmp_path / "a.png"), COLOUR)


def test_the_name_does_not_matter(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "a.png")
    for name in ("a.JPG", "a", "a.heic", "a.txt"):
        (tmp_path / name).write_bytes((tmp_path / "a.png").read_bytes())
        np.testing.assert_array_equal(read(tmp_path / name), COLOUR)


# ---- what is refused -----------------------------------------------------------------------------------------------------


def refused(path):
    with pytest.raises(PictureError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in caught.value.reason
    return caught.value.reason


def test_postscript_never_reaches_ghostscript(tmp_path, monkeypatch):
    log = tmp_path / "log"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gs").write_text(f"#!/bin/sh\necho called >> {log}\n")
    (tmp_path / "bin" / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n")
    assert refused(photo) == "PostScript (EPS) is not read here: convert it to JPEG or PNG"
    photo.write_bytes(b"\n%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n")
    assert refused(photo) == "not an image"
    assert not log.exists()
    assert not {"EPS", "PDF", "WMF", "FITS"} & {*FORMATS}


@pytest.mark.parametrize(
    ("name", "start", "format"),
    [
        ("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        ("a.jpg", b"\0\0\0\x18ftypmif1\0\0\0\0", "HEIC"),
        ("a.png", b"\0\0\0\x18ftypavif\0\0\0\0", "AVIF"),
        ("a.mp4", b"\0\0\0\x18ftypisom\0\0\0\0", "a video or an unknown format"),
        ("a.pdf", b"%PDF-1.7", "PDF"),
        ("a.jxl", b"\xff\x0a", "JPEG XL"),
        ("a", b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        ("a.psd", b"8BPS\0\1", "a Photoshop file"),
        ("a.svg", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        ("a.HEIC", b"broken", "HEIC"),
        ("a.NEF", b"II*\0\x08\0\0\0", "a camera's raw file"),
    ],
)
def test_formats_that_are_not_read_are_named(tmp_path, name, start, format):
    (tmp_path / name).write_bytes(start + bytes(50))
    assert refused(tmp_path / name) == f"{format} is not read here: convert it to JPEG or PNG"


def test_a_raw_file_is_not_read_as_its_thumbnail(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "a.tif")
    (tmp_path / "a.tif").rename(tmp_path / "a.DNG")
    assert "a camera's raw file is not read here" in refused(tmp_path / "a.DNG")


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "nothing", "unreadable"])
def test_only_a_regular_file_is_opened(tmp_path, kind, monkeypatch):
    path = tmp_path / "photo.jpg"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "unreadable":
        path.write_bytes(b"x")
        if os.access(path, os.R_OK) and os.getuid() == 0:  # root may read everything
            monkeypatch.setattr(
                "builtins.open", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
            )
        path.chmod(0)
    expected = {
        "nothing": "cannot be read: No such file or directory",
        "unreadable": "cannot be read: Permission denied",
    }
    assert refused(path) == expected.get(kind, "not a regular file")


def test_a_file_too_large_is_not_opened(tmp_path):
    with open(tmp_path / "a.png", "wb") as file:
        file.truncate(2**40)  # a hole: no block of it is on the disk
    assert "at most 300,000,000 are read" in refused(tmp_path / "a.png")


def test_open_picture_keeps_the_mode(tmp_path):
    Image.fromarray(COLOUR).convert("P").save(tmp_path / "a.png")
    assert open_picture(tmp_path / "a.png").mode == "P"


def test_everything_that_opens_a_picture_does_it_here():
    import minigan

    root = Path(minigan.__file__).parent
    users = {str(path.relative_to(root)) for path in root.rglob("*.py") if "Image.open(" in path.read_text()}
    assert users == {"data/pictures.py", "data/sheet.py"}  # sheet.py: the sheets inside the package


# ---- bombs ---------------------------------------------------------------------------------------------------------------


def tiff(width, height, *more):
    tags = sorted(
        [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1), *more]
    )
    return (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", len(tags))
        + b"".join(struct.pack("<HHII", *tag) for tag in tags)
        + bytes(4)
    )


def icon(data, bits=32):
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, bits, len(data), 22) + data


def squeezed(n):
    """n zeros, compressed without ever being one piece of memory."""
    packer = zlib.compressobj(9)
    return b"".join(
        [*(packer.compress(bytes(2**20)) for _ in range(n >> 20)), packer.compress(bytes(n % 2**20)), packer.flush()]
    )


def gif_of_many_frames(n):
    one = io.BytesIO()
    Image.new("P", (8, 8)).save(one, "GIF")
    data = one.getvalue()
    at = data.index(b"\x2c")
    return data[:at] + data[at:-1] * n + b";"


def jpeg_of_many_scans(n):
    file = io.BytesIO()
    Image.new("L", (4000, 4000), 128).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * n + data[-2:]


PIXELS_8x8 = zlib.compress(bytes(72))  # 8 rows of 8 grey pixels, each after its filter


def gif_of(screen, frame):
    """A GIF whose screen and only frame are squares of these sides."""
    image = struct.pack("<HHHHB", 0, 0, frame, frame, 0)
    return b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0, 0, 0) + b"\x2c" + image + b"\x02\x02D\x01\0;"


def bitmap(side, height, bits, compression):
    """The header of a bitmap."""
    return struct.pack("<IiiHHIIiiII", 40, side, height, 1, bits, compression, 0, 0, 0, 0, 0)


def lossless_webp(side):
    head = b"\x2f" + struct.pack("<I", (side - 1) | (side - 1) << 14)
    return b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8L" + struct.pack("<I", 18) + head + bytes(13)


def text(n, times=1):
    return png(8, 8, 8, 0, PIXELS_8x8, chunk(b"zTXt", b"k\0\0" + squeezed(n)) * times)


def png_of_a_large_claim():
    right = struct.pack(">I", len(PIXELS_8x8)) + b"IDAT"
    return png(8, 8, 8, 0, PIXELS_8x8).replace(right, b"\xff\xff\xff\xffIDAT")


STRIP = ((273, 4, 1, 8), (279, 4, 1, 100), (278, 4, 1, 60_000))
TILE = ((322, 4, 1, 60_000), (323, 4, 1, 60_000), (324, 4, 1, 8), (325, 4, 1, 100))
BOMBS = {
    "a jpeg of 500 scans": lambda: jpeg_of_many_scans(500),
    "a tall png": lambda: png(1, 178_000_000, 1, 0, squeezed(178_000_000 * 2)),
    "a wide png": lambda: png(178_000_000, 1, 1, 0, squeezed(178_000_000 // 8)),
    "a large png": lambda: png(30_000, 30_000, 1, 0, squeezed(30_000 * 3751)),
    "a png with a large text": lambda: text(2**29),
    "a png with many texts": lambda: text(2**20, 2000),
    "a png with a large profile": lambda: png(8, 8, 8, 0, PIXELS_8x8, chunk(b"iCCP", b"k\0\0" + squeezed(2**29))),
    "a png whose data claims 4 GB": lambda: png_of_a_large_claim(),
    "a large gif": lambda: gif_of(65535, 65535),
    "a small gif with a large frame": lambda: gif_of(1, 65535),
    "a gif of 100,000 frames": lambda: gif_of_many_frames(100_000),
    "a large bmp": lambda: b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + bitmap(60_000, 60_000, 8, 1) + b"\0\1",
    "a large tiff": lambda: tiff(60_000, 60_000, *STRIP),
    "a tiff with a large tile": lambda: tiff(64, 64, *TILE),
    "a large webp": lambda: lossless_webp(2**14),
    "a large ppm": lambda: b"P6 60000 60000 255\n" + bytes(100),
    "a tall ppm": lambda: b"P4 1 80000000\n" + bytes(100),
    "an icon with a tall png": lambda: icon(png(1, 80_000_000, 1, 0, squeezed(80_000_000 * 2))),
    "an icon with a large png": lambda: icon(png(30_000, 30_000, 1, 0, squeezed(30_000 * 3751))),
    "an icon with a large bitmap": lambda: icon(bitmap(40_000, 80_000, 32, 0)),
}  # fmt: skip
READ = (
    "a png whose data claims 4 GB",
    "a gif of 100,000 frames",
    "a png with many texts",
)  # what may come out as a picture
OPEN = """
import sys, time
from pathlib import Path
from PIL import Image
from minigan.data.pictures import PictureError, read_picture
Image.init()
def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
begun, before = time.process_time(), peak()
try:
    array, *_ = read_picture(sys.argv[1], 32, 3)
    answer = f"read {array.shape}"
except PictureError as error:
    answer = error.reason
print(round(time.process_time() - begun, 2), (peak() - before) // 1024, answer)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_time_and_memory(tmp_path, name):
    path = tmp_path / "bomb.png"
    path.write_bytes(BOMBS[name]())
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))  # noqa: E731
    done = subprocess.run(
        [sys.executable, "-c", OPEN, path], capture_output=True, text=True, timeout=100, preexec_fn=limit, check=True
    )
    seconds, megabytes, answer = done.stdout.strip().split(" ", 2)
    assert float(seconds) < 2, done.stdout
    assert int(megabytes) < 150, done.stdout
    assert name in READ or not answer.startswith("read"), done.stdout
    assert done.stderr == ""


def test_what_is_appended_to_a_jpeg_is_no_scan(tmp_path):
    file = io.BytesIO()
    Image.new("L", (4000, 4000), 77).save(file, "JPEG", progressive=True, exif=b"Exif\0\0" + b"\xff\xda" * 1000)
    (tmp_path / "motion.jpg").write_bytes(file.getvalue() + b"\xff\xda" * 1000)
    assert (read(tmp_path / "motion.jpg") == 77).all()


def test_the_limits_leave_room_for_photos_and_panoramas():
    assert PIXELS >= 12_000 * 7_000
    assert SIDE >= 60_000


def test_a_large_photo_is_read(tmp_path):
    Image.new("L", (SIDE, 20), 77).save(tmp_path / "panorama.png")
    assert (read(tmp_path / "panorama.png") == 77).all()
    Image.new("L", (SIDE + 1, 20), 77).save(tmp_path / "panorama.png")
    assert refused(tmp_path / "panorama.png").startswith(
        "65536 x 20 pixels are too many; at most 89,478,485, and 65,535 on a side"
    )
