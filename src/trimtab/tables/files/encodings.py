"""How the bytes of a text file are encoded."""

from __future__ import annotations

import codecs

from trimtab.errors import InvalidData

__all__ = ["check_text", "encoding_of", "single_byte"]

#: Byte order marks; that of UTF-32 comes before that of UTF-16, which it starts with.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(head: bytes, whole: bool) -> tuple[str, str]:
    """How text is encoded, and what suggests it.

    Args:
        head: The first bytes of the file.
        whole: Whether that is the whole file.

    Returns:
        Python's name of the encoding, and the reason; for UTF-8 no reason.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, "by its byte order mark"
    even, odd = head[:4000:2], head[1:4000:2]
    if len(odd) > 4 and odd.count(0) > 0.7 * len(odd) and not even.count(0):
        return "utf-16-le", "every other byte is zero"
    if len(odd) > 4 and even.count(0) > 0.7 * len(even) and not odd.count(0):
        return "utf-16-be", "every other byte is zero"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
        return "utf-8", ""
    except UnicodeDecodeError:
        return single_byte(head)


def single_byte(data: bytes) -> tuple[str, str]:
    """The encoding of text that is not UTF-8: that of Windows, or Latin-1, and the reason."""
    try:
        data.decode("cp1252")
        return "cp1252", "the bytes are not UTF-8"
    except UnicodeDecodeError:
        return "latin-1", "the bytes are neither UTF-8 nor cp1252"


def check_text(head: str, name: str) -> None:
    """Refuses a binary file of an unknown kind."""
    controls = sum(1 for sign in head[:10_000] if sign < " " and sign not in "\t\n\r\f\x1a\x00")
    zeros = head[:10_000].count("\x00")
    if controls > 0.01 * min(len(head), 10_000) or zeros > 0.1 * min(len(head), 10_000):
        raise InvalidData(
            f"{name} is a binary file of an unknown kind. Save the table as CSV or Parquet."
        )
