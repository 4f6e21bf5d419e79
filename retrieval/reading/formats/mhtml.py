"""Read a web page that a browser saved as a single file (MHTML): its HTML, without anything else in the file.

Scripts and styles are ignored; so are frames, since they are pages of their own.
"""

from email import message_from_bytes

from msgspec.structs import replace

from retrieval.reading.formats import webpage
from retrieval.reading.formats.encodings import decode, decode_markup
from retrieval.reading.isolated.protocol import Extracted, RefusedError
from retrieval.text.cleaning import one_line

PAGE_TYPES = ("text/html", "application/xhtml+xml")
MESSAGE_ADDRESS, PAGE_ADDRESS = "Snapshot-Content-Location", "Content-Location"
WARM_UP = """MIME-Version: 1.0
Content-Type: multipart/related; boundary="x"

--x
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: {}
Content-Location: https://page.example/

{}
--x--
"""


def warm() -> None:
    """Load all that web pages and both transfer encodings need."""
    webpage.warm()
    for encoding, page in (("quoted-printable", "<p>A word."), ("base64", "PHA+QSB3b3JkLg==")):
        read(WARM_UP.format(encoding, page).encode())


def read(content: bytes) -> Extracted:
    """Extract the parts and metadata of the page. Raises RefusedError."""
    message = message_from_bytes(content)
    if "MIME-Version" not in message:
        raise RefusedError("not a saved web page: it has no MIME header")
    page = next((part for part in message.walk() if part.get_content_type() in PAGE_TYPES), None)
    markup = page.get_payload(decode=True) if page is not None else None
    if page is None or not isinstance(markup, bytes):
        raise RefusedError("contains no web page")
    charset = page.get_content_charset()
    extracted = webpage.read_page(decode(markup, charset) if charset else decode_markup(markup))
    address = message[MESSAGE_ADDRESS] or page[PAGE_ADDRESS] or ""
    return replace(extracted, url=extracted.url or one_line(str(address)) or None)
