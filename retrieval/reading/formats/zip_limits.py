"""Open zip archives that may be hostile: check their limits before anything is unpacked."""

import io
import zipfile

from retrieval.reading.isolated.protocol import RefusedError

MAX_MEMBERS = 2_000
MAX_UNPACKED_BYTES = 100_000_000
MAX_RATIO = 100  # of unpacked to packed bytes
SMALL_MEMBER_BYTES = 100_000  # up to this size a member may have any ratio
MEGABYTE = 1_000_000


def open_archive(content: bytes) -> zipfile.ZipFile:
    """Open an archive. Raises RefusedError if it is damaged, encrypted or exceeds a limit."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError):
        raise RefusedError("damaged: not a complete zip archive") from None
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise RefusedError(f"contains {len(members):,} files; the limit is {MAX_MEMBERS:,}")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES:
        limit = f"the limit is {MAX_UNPACKED_BYTES // MEGABYTE} MB"
        raise RefusedError(f"would unpack to {unpacked / MEGABYTE:.0f} MB; {limit}")
    if unpacked > MAX_RATIO * len(content) or any(map(_is_bomb, members)):
        raise RefusedError(f"would unpack to more than {MAX_RATIO} times its size")
    if any(member.flag_bits & 1 for member in members):
        raise RefusedError("encrypted")
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise RefusedError("compressed with an unsupported method")
    return archive


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read a member. Raises RefusedError if it is missing or damaged."""
    try:
        return archive.read(name)
    except KeyError:
        raise RefusedError(f"damaged: {name[:80]} is missing") from None
    except Exception as error:  # zlib, zipfile and struct each have their own errors
        raise RefusedError(f"damaged: {name[:80]} cannot be unpacked ({type(error).__name__})") from None


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > max(SMALL_MEMBER_BYTES, MAX_RATIO * member.compress_size)
