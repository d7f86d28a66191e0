"""
A reverse proxy of the smallest kind: it speaks TLS to the world, and says in X-Forwarded-For who came.

Leaves to others: who issues its certificate, and which service stands behind it.
"""

import asyncio
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from contextlib import closing, suppress
from typing import Self

_GONE = (OSError, EOFError, asyncio.LimitOverrunError)


class TLSFront:
    """Answers at *port* with what a service answers at *behind*; usable as a context manager."""

    def __init__(self, port: int, behind: int, context: ssl.SSLContext) -> None:
        """Prepare it; nobody listens yet."""
        self.url = f"https://localhost:{port}"
        self._port, self._behind, self._context = port, behind, context
        self._open: set[StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *reason: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "localhost", self._port, ssl=self._context)

    async def _close(self) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        with closing(writer):
            from_service, to_service = await asyncio.open_connection("127.0.0.1", self._behind)
            self._open |= {writer, to_service}
            visitor = writer.get_extra_info("peername")[0]
            async with asyncio.TaskGroup() as both:
                both.create_task(_ask(reader, to_service, visitor))
                both.create_task(_pass_on(from_service, writer))
            self._open -= {writer, to_service}


async def _ask(reader: StreamReader, to_service: StreamWriter, visitor: str) -> None:
    """Pass on request after request, each with a header of ours as its first; close when there are no more."""
    with closing(to_service), suppress(*_GONE):
        while True:
            line, _, fields = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
            told = dict(field.lower().split(b":", 1) for field in fields.splitlines() if field)
            body = await reader.readexactly(int(told.get(b"content-length", 0)))
            to_service.write(line + f"\r\nX-Forwarded-For: {visitor}\r\n".encode() + fields + body)
            await to_service.drain()


async def _pass_on(from_service: StreamReader, writer: StreamWriter) -> None:
    """Pass on what the service says, to its end."""
    with closing(writer), suppress(*_GONE):
        while some := await from_service.read(64 * 1024):
            writer.write(some)
            await writer.drain()
