"""What a crawler needs of a page is found, in whatever form it is written, and hostile pages cost no time."""

import time

import pytest

from bot.sources.page_parsing import parse_page


def test_links_instructions_and_text_are_found() -> None:
    """Names in any case, values in any quotes; comments, scripts and titles are no text, and links in them no links."""
    page = parse_page(
        '<!DOCTYPE html><HTML><head><title>T <a href="no"></title><base href="/b/"><LINK href=/c rel="x canonical">'
        '<meta content="NoIndex" name=ROBOTS></head><body data-x="1>2"><!-- <a href="no">-> --> '
        "<a class=x href='1&amp;2'>"
        'One &eacute;</a><A HREF=3>two</A><script>var a = "<a href=no>";</script><area href="4">'
        "<a rel=nofollow href=no>x"
    )
    assert (page.links, page.base, page.canonical) == (["1&2", "3", "4"], "/b/", "/c")
    assert (page.is_indexed, page.is_followed, page.asks_for_password) == (False, True, False)
    assert page.text == '2"> One é two x'


@pytest.mark.parametrize(
    ("content", "header", "expected"),
    [
        ("", "", (True, True)),
        ("", "noindex, nofollow", (False, False)),
        ('<meta name="robots" content="none">', "", (False, False)),
        ('<meta name="footnote-sync" content="nofollow">', "", (True, False)),
        ('<meta name="googlebot" content="none">', "", (True, True)),
    ],
)
def test_instructions_for_crawlers(content: str, header: str, expected: tuple[bool, bool]) -> None:
    """Those of the header and of the page add up; those for others do not count."""
    page = parse_page(content, header)
    assert (page.is_indexed, page.is_followed) == expected


@pytest.mark.parametrize("content", ['<input type="password">', "<INPUT name=p TYPE=Password>"])
def test_login_form_is_noticed(content: str) -> None:
    """A field for a password is what makes it one."""
    assert parse_page(content).asks_for_password


@pytest.mark.parametrize(
    "part",
    ["<!--", "<a ", "<a href='", "<a href=x ", "<a x=", "</", "<?", "<![CDATA[", "<a\n", "<script>", "<title>",
     "<a x=\"y>", "&#", "<textarea"],
)  # fmt: skip
def test_time_grows_with_the_length(part: str) -> None:
    """Ten times as much of what is never closed takes about ten times as long, not a hundred times."""
    seconds = []
    for length in (100_000, 1_000_000):
        started = time.process_time()
        parse_page(part * (length // len(part)))
        seconds.append(time.process_time() - started)
    assert seconds[1] < 30 * max(seconds[0], 0.05)
