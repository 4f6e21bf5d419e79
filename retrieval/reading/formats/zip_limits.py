"""Open a zip archive that may be hostile: bounded before anything of it is unpacked."""

import io
import zipfile

from retrieval.reading.isolated.protocol import RefusedError

MEMBERS = 2_000
UNPACKED = 100_000_000  # bytes
RATIO = 100
SMALL = 100_000  # bytes; less than that may shrink to whatever it likes


def open_archive(content: bytes) -> zipfile.ZipFile:
    """Return an archive that is within the limits. Raises RefusedError when it is not, or no whole archive."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError):
        raise RefusedError("is damaged: no whole zip archive") from None
    members = archive.infolist()
    if len(members) > MEMBERS:
        raise RefusedError(f"holds {len(members):,} files; {MEMBERS:,} are the limit")
    unpacked = sum(one.file_size for one in members)
    if unpacked > UNPACKED:
        raise RefusedError(f"would unpack to {unpacked / 1_000_000:.0f} MB; {UNPACKED // 1_000_000} MB are the limit")
    if unpacked > RATIO * len(content) or any(one.file_size > max(SMALL, RATIO * one.compress_size) for one in members):
        raise RefusedError(f"would unpack to more than {RATIO} times its size")
    if any(one.flag_bits & 1 for one in members):
        raise RefusedError("is encrypted")
    if any(one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for one in members):
        raise RefusedError("is packed in a way that is not read")
    return archive


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the content of a member. Raises RefusedError when it is missing or damaged."""
    try:
        return archive.read(name)
    except KeyError:
        raise RefusedError(f"is damaged: {name[:80]} is missing in it") from None
    except Exception as error:  # zlib, zipfile and struct have an error each
        raise RefusedError(f"is damaged: {name[:80]} cannot be unpacked ({type(error).__name__})") from None
