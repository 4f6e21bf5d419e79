"""A saved e-mail is read without what it quotes from others."""

from pathlib import Path

import pytest

from tests.support.reading import asides_of, placed_sentences, read_content, rejection_reason, sentences_of

HEADERS = (
    "Received: from a\r\nFrom: =?utf-8?q?Ann_L=C3=A9e?= <ann@lake.example>\r\nTo: all@lake.example\r\n"
    "Subject: =?utf-8?b?RmVycnkg4oCTIHdpbnRlcg==?=\r\nDate: Wed, 1 May 2024 23:30:00 +0200\r\nMIME-Version: 1.0\r\n"
)


def test_a_plain_message(tmp_path: Path) -> None:
    """Items of a list are items; subject, sender and date are those of the document."""
    body = (
        "The ferry rests until\r\nMarch.\r\n\r\nBring:\r\n- a ticket\r\n- a =\r\nrope\r\n\r\nOn Mon, 29 Apr 2024 at "
        "10:00 Ben <b@x.example>\r\nwrote:\r\n> When does it rest?\r\n> Ben\r\nIn winter only.\r\n\r\n-- \r\nAnn\r\n"
    )
    kind = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    content = f"{HEADERS}{kind}{body}"
    read = read_content(tmp_path, "a.eml", content.encode())
    assert sentences_of(read) == ["The ferry rests until March.", "Bring:", "a ticket", "a rope", "In winter only."]
    document = read.document
    assert (document.title, document.source, document.published) == ("Ferry – winter", "Ann Lée", "2024-05-01")
    assert any("> When does it rest?" in aside for aside in asides_of(read))


def test_a_message_with_parts(tmp_path: Path) -> None:
    """The plain text is read, or else the page; an attachment is not."""
    part = "--x\r\nContent-Type: {}\r\n\r\n{}\r\n"
    head = f'{HEADERS}Content-Type: multipart/mixed; boundary="x"\r\n\r\n'
    page = part.format("text/html; charset=utf-8", "<h1>Fares</h1><p>Dogs pay one euro.</p>")
    attachment = part.format('text/plain; name="a.txt"\r\nContent-Disposition: attachment', "Secret.")
    read = read_content(tmp_path, "a.eml", f"{head}{page}{attachment}--x--\r\n".encode())
    assert placed_sentences(read) == [("Dogs pay one euro.", None, "Fares")]
    plain = part.format("text/plain", "Dogs pay two euros.")
    both = head.replace("mixed", "alternative")
    read = read_content(tmp_path, "b.eml", f"{both}{plain}{page}--x--\r\n".encode())
    assert sentences_of(read) == ["Dogs pay two euros."]


PAGE = "<h1>Fares</h1><p>Dogs pay one euro on the ferry, and their owners pay nothing in May.</p>"


@pytest.mark.parametrize(
    "plain", ["", "see the page", "Your mail program cannot show this message.\r\nhttps://a.example/1"]
)
def test_a_text_that_only_stands_for_the_page_is_not_read(tmp_path: Path, plain: str) -> None:
    """The page is, since it says what the text does not."""
    parts = f"--x\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n--x\r\nContent-Type: text/html\r\n\r\n{PAGE}\r\n--x--"
    content = f'{HEADERS}Content-Type: multipart/alternative; boundary="x"\r\n\r\n{parts}\r\n'
    assert placed_sentences(read_content(tmp_path, "a.eml", content.encode())) == [
        ("Dogs pay one euro on the ferry, and their owners pay nothing in May.", None, "Fares")
    ]


def test_a_reply_is_read_as_text_beside_a_long_page(tmp_path: Path) -> None:
    """What it quotes counts as said, so that the page is not read for it; neither is a page that cannot be decoded."""
    plain = (
        "It rests until March.\r\n\r\n> Dogs pay one euro on the ferry, and their owners\r\n> pay nothing in May.\r\n"
    )
    for page, charset in ((f"<p>It rests until March.</p>{PAGE}", "utf-8"), ("<p>\xff</p>", "x-unknown")):
        parts = (
            f"--x\r\nContent-Type: text/plain\r\n\r\n{plain}--x\r\nContent-Type: text/html; charset={charset}\r\n\r\n"
        )
        content = f'{HEADERS}Content-Type: multipart/alternative; boundary="x"\r\n\r\n{parts}{page}\r\n--x--\r\n'
        assert sentences_of(read_content(tmp_path, "a.eml", content.encode("latin-1"))) == ["It rests until March."]


def test_other_text_is_no_message(tmp_path: Path) -> None:
    """A message has headers and a text."""
    assert rejection_reason(tmp_path, "a.eml", b"Dear Ann,\n\nIt rests.\n") == "not an e-mail: it has no headers"
    picture = f"{HEADERS}Content-Type: image/png\r\n\r\nx".encode()
    assert rejection_reason(tmp_path, "b.eml", picture) == "contains no text"


@pytest.mark.parametrize(
    "quoted",
    [
        "<div><p><b>From:</b> Ben<br><b>Sent:</b> Monday<br><b>Subject:</b> Ferry</p></div><p>It rests in May.</p>",
        "<p><b>Von:</b> Ben</p><p><b>Gesendet:</b> Montag</p><p>It rests in May.</p>",
        '<div class="gmail_quote"><div>On Mon Ben wrote:</div><blockquote>It rests in May.</blockquote></div>',
        '<blockquote type="cite"><p>It rests in May.</p></blockquote>',
    ],
)
def test_what_a_page_quotes_from_another_message_is_no_answer(tmp_path: Path, quoted: str) -> None:
    """Outlook, Gmail, Thunderbird and Apple mark it in different ways; a message that is forwarded is read."""
    kind = "Content-Type: text/html; charset=utf-8\r\n\r\n"
    content = f"{HEADERS}{kind}<html><body><p>The ferry rests in March.</p>{quoted}</body></html>"
    assert sentences_of(read_content(tmp_path, "a.eml", content.encode())) == ["The ferry rests in March."]
    forwarded = quoted.replace("On Mon Ben wrote:", "---------- Forwarded message ---------")
    content = f"{HEADERS}{kind}<html><body>{forwarded.replace('blockquote type=', 'blockquote id=')}</body></html>"
    assert sentences_of(read_content(tmp_path, "b.eml", content.encode()))[-1] == "It rests in May."


def test_what_a_telephone_writes_below_a_message_is_no_answer(tmp_path: Path) -> None:
    """In several languages."""
    for signature in ("Sent from my iPhone", "Von meinem iPhone gesendet", "Envoyé de mon iPhone"):
        content = f"{HEADERS}\r\nThe ferry rests.\r\n\r\n{signature}\r\n"
        assert sentences_of(read_content(tmp_path, "a.eml", content.encode())) == ["The ferry rests."]
