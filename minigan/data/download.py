"""Download one published file: never more bytes than it has, never for longer than a slow line needs.

A server that is broken or hostile may send without end, or a byte a minute, or point elsewhere. The size and the sha256 of
every file are published, so the download stops at the first byte too many and is kept only if its checksum is right. pooch
does the rest: it writes to a temporary file, checks it, and gives it its name as the last step.
"""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, BinaryIO

SILENCE = 30.0  # seconds without a byte
SLOWEST = 20_000  # bytes a second on average, after the first minute
CHUNK = 2**16


def fetch(url: str, path: Path, sha256: str, size: int, seconds: float | None = None) -> Path:
    """The file at `url`, complete and checked, as `path`; an older file of that name is replaced.

    Parameters
    ----------
    url
        http or https, and so is every redirection.
    path
        Where it is put. Missing folders are created. If the download fails, nothing is left there.
    sha256, size
        Of the published file; size in bytes.
    seconds
        The longest the download may take (default: 60 + size / 20,000).

    Raises
    ------
    OSError
        If there is no connection, for a status that is not 200, or if it takes too long.
    ValueError
        If the file has another size or checksum.
    """
    import pooch

    limit = 60 + size / SLOWEST if seconds is None else seconds

    def receive(address: str, output: str, _: Any) -> None:
        errors: list[Exception] = []
        with open(
            output, "wb"
        ) as file:  # closed when the time is up: the thread, which may hang in the network, then ends
            thread = threading.Thread(target=_receive, args=(address, file, size, errors), daemon=True)
            thread.start()
            thread.join(limit)
            if thread.is_alive():
                raise TimeoutError(f"not complete after {limit:.0f} seconds")
        if errors:
            raise errors[0]

    path.parent.mkdir(parents=True, exist_ok=True)
    return Path(pooch.retrieve(url, f"sha256:{sha256}", path.name, path.parent, downloader=receive))


def _receive(url: str, file: BinaryIO, size: int, errors: list[Exception]) -> None:
    """Write what the server sends to a file until it is complete, or closed; an error goes into `errors`."""
    from tqdm import tqdm

    try:
        request = urllib.request.Request(url, headers={"User-Agent": "minigan"})
        with _opener().open(request, timeout=SILENCE) as response:
            if response.status != 200:
                raise OSError(f"the server answers with the status {response.status}")
            given = 0
            with tqdm(total=size, unit="B", unit_scale=True, desc=Path(url).name, disable=None) as bar:
                while chunk := response.read1(CHUNK):  # what is there now: it never waits until the chunk is full
                    given += len(chunk)
                    if given > size:
                        raise ValueError(f"the server sends more than the {size:,} bytes of the published file")
                    file.write(chunk)
                    bar.update(len(chunk))
        if given < size:
            raise ValueError(f"the server sent {given:,} of the {size:,} bytes of the published file")
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        errors.append(OSError(" ".join(str(error).split())))
    except http.client.HTTPException as error:
        errors.append(OSError(f"the answer is not HTTP ({type(error).__name__})"))
    except Exception as error:
        errors.append(error)


def _opener() -> urllib.request.OpenerDirector:
    """Opens http and https, directly or through the proxy of the environment; no file:, no ftp:, no data:."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener
