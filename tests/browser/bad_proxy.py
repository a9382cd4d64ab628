"""A proxy before Bon that misbehaves as it is told: what a phone meets on the way."""

import re
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

PORTAL = b"<!doctype html><title>Free wifi</title><h1>Please log in to the network</h1>"


class BadProxy:
    """`mode`: "" passes everything on; "502", "503", "404", "410", "portal" (200), "half" (a page that breaks off),
    "later" (our own 429), "new files lost" (pages name new files, which do not come)."""

    def __init__(self, port: int) -> None:
        proxy = self
        self.mode = ""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                proxy.answer(self, port)

            do_POST = do_GET  # noqa: N815 - the name that http.server looks for

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, handler: BaseHTTPRequestHandler, port: int) -> None:
        """One request, as the mode says; the worker's own file is always passed on."""
        if self.mode in {"502", "503", "404", "410", "portal", "later"}:
            handler.send_response({"portal": 200, "later": 429}.get(self.mode) or int(self.mode))
            if self.mode == "later":
                handler.send_header("x-bon", "1")
            handler.send_header("content-type", "text/html")
            handler.send_header("content-length", str(len(PORTAL)))
            handler.end_headers()
            handler.wfile.write(PORTAL)
            return
        if self.mode == "new files lost" and "-new." in handler.path:
            handler.send_error(502)
            return
        upstream = HTTPConnection("127.0.0.1", port)
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        headers = {name: value for name, value in handler.headers.items() if name.lower() != "accept-encoding"}
        upstream.request(handler.command, handler.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        if self.mode == "new files lost" and handler.path.startswith("/gate"):
            content = re.sub(rb"(/static/[\w.]+)\.(js|css)", rb"\1-new.\2", content)
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "content-length", "connection"}:
                handler.send_header(name, value)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        if self.mode == "half":
            handler.wfile.write(content[: len(content) // 2])
            handler.close_connection = True
            return
        handler.wfile.write(content)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
