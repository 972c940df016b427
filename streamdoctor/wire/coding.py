"""Undoes the content codings that Python reads by itself: gzip and deflate."""

import zlib

ZLIB = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Inflater:
    """Takes coded bytes as they come, and gives what can be read of them so far."""

    def __init__(self, coding: str) -> None:
        self.readable = coding in ("", "identity", *ZLIB)  # else brotli, zstd, or a false label
        self._coding = coding
        self._inflate = zlib.decompressobj(ZLIB[coding]) if coding in ZLIB else None

    def feed(self, data: bytes) -> bytes:
        if not self.readable:
            return b""
        decoded = b""
        while self._inflate is not None:
            try:
                decoded += self._inflate.decompress(data)
            except zlib.error:
                self.readable = False  # raw deflate, or not what its header says
                return decoded
            if not self._inflate.eof:
                return decoded
            # A member has ended: some compress each piece as a member of its own.
            data = self._inflate.unused_data
            self._inflate = zlib.decompressobj(ZLIB[self._coding])
            if not data:
                return decoded
        return data
