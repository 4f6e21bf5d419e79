"""Read a web page that a browser saved in a single file (.mhtml): its HTML, nothing else that is in the file.

Scripts and styles of the page are not in it or not looked at; a frame in it is another page and is left out.
"""

from email import message_from_bytes

from msgspec.structs import replace

from retrieval.reading.formats import webpage
from retrieval.reading.formats.encodings import decode, decode_markup
from retrieval.reading.isolated.protocol import Extracted, RefusedError
from retrieval.text.cleaning import one_line

PAGES = ("text/html", "application/xhtml+xml")
ADDRESS = "Snapshot-Content-Location", "Content-Location"
WARM = """MIME-Version: 1.0
Content-Type: multipart/related; boundary="x"

--x
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: {}
Content-Location: https://page.example/

{}
--x--
"""


def read(content: bytes) -> Extracted:
    """Return the parts of the page and what it says of itself. Raises RefusedError."""
    message = message_from_bytes(content)
    if "MIME-Version" not in message:
        raise RefusedError("is no saved web page: it does not begin like one")
    page = next((part for part in message.walk() if part.get_content_type() in PAGES), None)
    markup = page.get_payload(decode=True) if page is not None else None
    if page is None or not isinstance(markup, bytes):
        raise RefusedError("holds no web page")
    charset = page.get_content_charset()
    found = webpage.read_page(decode(markup, charset) if charset else decode_markup(markup))
    own = next((said for one, name in zip((message, page), ADDRESS, strict=True) if (said := one[name])), "")
    return replace(found, url=found.url or one_line(str(own)) or None)


def warm() -> None:
    """Have the readers of web pages and of both transfer encodings load all that they need."""
    webpage.warm()
    for encoding, page in (("quoted-printable", "<p>A word."), ("base64", "PHA+QSB3b3JkLg==")):
        read(WARM.format(encoding, page).encode())
