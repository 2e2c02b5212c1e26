"""Downloads from servers that are slow, endless, broken or hostile."""

import contextlib
import hashlib
import http.server
import threading
import time

import pytest

from minigan.data.download import fetch

DATA = bytes(range(256)) * 40
SHA256 = hashlib.sha256(DATA).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """/right is served as it should be; every other path in a wrong way."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.close_connection = True
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, self.path[1:].split("?")[0])()

    def send(self, data, length=None, status=200):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def right(self):
        self.send(DATA, len(DATA))

    def without_a_length(self):
        self.send(DATA)

    def chunked(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for data in (DATA[:5000], DATA[5000:], b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def endless(self):
        self.send(b"")
        while True:
            self.wfile.write(bytes(2**16))

    def dripping(self):
        self.send(b"", len(DATA))
        while True:
            self.wfile.write(b"x")
            time.sleep(0.05)

    def dripping_header(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            self.wfile.write(b"x")
            time.sleep(0.05)

    def silent(self):
        time.sleep(5)

    def short(self):
        self.send(DATA[:-1], len(DATA))

    def long(self):
        self.send(DATA + b"x", len(DATA) + 1)

    def wrong(self):
        self.send(DATA[::-1], len(DATA))

    def missing(self):
        self.send(b"no", 2, 404)

    def no_content(self):
        self.send(b"", 0, 204)

    def not_http(self):
        self.wfile.write(b"SSH-2.0\r\n")

    def forever(self):
        self.path = "/elsewhere?/forever"
        self.elsewhere()

    def elsewhere(self):
        self.send_response(302)
        self.send_header("Location", self.path.split("?")[1])
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        running.block_on_close = False
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.mark.parametrize("how", ["right", "without_a_length", "chunked", "elsewhere?/right"])
def test_a_complete_file_gets_its_name(server, tmp_path, how):
    path = tmp_path / "new" / "file.gz"
    assert fetch(f"{server}/{how}", path, SHA256, len(DATA)) == path
    assert path.read_bytes() == DATA
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ("endless", ValueError, "sends more than the 10,240 bytes"),
        ("long", ValueError, "sends more than the 10,240 bytes"),
        ("dripping", TimeoutError, "not complete after 1 seconds"),
        ("dripping_header", TimeoutError, "not complete after 1 seconds"),
        ("silent", TimeoutError, "not complete after 1 seconds"),
        ("short", ValueError, "sent 10,239 of the 10,240 bytes"),
        ("wrong", ValueError, "SHA256"),
        ("missing", OSError, "404"),
        ("no_content", OSError, "status 204"),
        ("not_http", OSError, "not HTTP"),
        ("elsewhere?file:///etc/passwd", OSError, "file:///etc/passwd' is not allowed"),
        ("elsewhere?ftp://127.0.0.1/x", OSError, "unknown url type: ftp"),
        ("forever", OSError, "infinite loop"),
    ],
)
def test_nothing_is_left_of_a_bad_one(server, tmp_path, how, error, message):
    path = tmp_path / "file.gz"
    path.write_bytes(b"an older download")
    begun = time.monotonic()
    with pytest.raises(error, match=message):
        fetch(f"{server}/{how}", path, SHA256, len(DATA), seconds=1)
    assert time.monotonic() - begun < 4
    assert [(file, file.read_bytes()) for file in tmp_path.iterdir()] in ([(path, b"an older download")], [])


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])
def test_only_the_web_is_asked(tmp_path, url):
    with pytest.raises(OSError, match="unknown url type"):
        fetch(url, tmp_path / "file", SHA256, len(DATA))
    assert list(tmp_path.iterdir()) == []
