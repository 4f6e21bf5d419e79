"""The pages of an export of MediaWiki are documents, in a .zip or by itself."""

from pathlib import Path

import pytest

from tests.support.reading import read_content, rejection_reason, sentences_of
from tests.support.samples import zip_archive

NAMESPACES = {
    0: "", 1: "Talk", 2: "User", 4: "Selm Wiki", 10: "Template", 110: "Guide", 111: "Guide talk", 112: "Forum",
}  # fmt: skip
PAGES = [
    ("Mill", 0, "'''It''' is a [[mill]]. "),
    ("Old mill", 0, "#REDIRECT [[Mill]]"),
    ("Talk:Mill", 1, "Is it old?"),
    ("User:Ines", 2, "I am Ines."),
    ("Fees/Summer", 0, "{{Fee\n|name=Fees/Summer\n|tour=[[euro|5 euros]]\n}}"),
    ("Selm Wiki:Rules", 4, "Be kind."),
    ("Template:Fee", 10, "{{{1}}}"),
    ("Guide:Rowing", 110, "Row slowly & low."),
    ("Forum:Pub", 112, "Hello all."),
    ("Forum:Inn", 112, "Hello you."),
]


def export(base: str = "https://selm.example/wiki/Main_Page") -> str:
    """Return the export of a small wiki."""
    namespaces = "".join(f'<namespace key="{key}">{name}</namespace>' for key, name in NAMESPACES.items())
    pages = "".join(
        f"<page><title>{title}</title><ns>{number}</ns><revision><timestamp>2023-01-01T10:00:00Z</timestamp><text>Old."
        "</text></revision><revision><timestamp>2024-05-01T10:00:00Z</timestamp>"
        f"<text>{text.replace('&', '&amp;')}</text></revision></page>"
        for title, number, text in PAGES
    )
    return (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><sitename>Selm</sitename>'
        f"<base>{base}</base><namespaces>{namespaces}</namespaces></siteinfo>{pages}</mediawiki>"
    )


def test_pages_are_documents(tmp_path: Path) -> None:
    """Redirects are left out, and so are discussions and other pages that are not about the subject of the wiki."""
    read = read_content(tmp_path, "dump.xml", export().encode())
    documents = [read.document, *(more.document for more in read.more)]
    assert [(document.id, document.title, document.source, document.published) for document in documents] == [
        ("dump.xml/Mill.wiki", "Mill", "Selm", "2024-05-01"),
        ("dump.xml/Fees-Summer.wiki", "Fees/Summer", "Selm", "2024-05-01"),
        ("dump.xml/Selm Wiki:Rules.wiki", "Selm Wiki:Rules", "Selm", "2024-05-01"),
        ("dump.xml/Guide:Rowing.wiki", "Guide:Rowing", "Selm", "2024-05-01"),
    ]
    assert [sentence for document in (read, *read.more) for sentence in sentences_of(document)] == [
        "It is a mill.", "tour: 5 euros", "Be kind.", "Row slowly & low.",
    ]  # fmt: skip
    assert read.unread == "left out: Forum 2, Talk 1, User 1, Template 1"


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://selm.example/wiki/Main_Page", "https://selm.example/wiki/Fees/Summer"),
        ("https://selm.example/index.php?title=Start", "https://selm.example/index.php?title=Fees/Summer"),
        ("", None),
    ],
)
def test_a_page_has_its_address(tmp_path: Path, base: str, url: str | None) -> None:
    """The export names that of the main page."""
    assert read_content(tmp_path, "dump.xml", export(base).encode()).more[0].document.url == url


def test_an_export_in_an_archive_is_read_the_same(tmp_path: Path) -> None:
    """Other XML in it is left out; what was not read of other files is named first."""
    alone = read_content(tmp_path, "dump.xml", export().encode())
    members = {"dump.xml": export(), "pom.xml": "<project>It is.</project>", "a.docx": "no"}
    archived = read_content(tmp_path, "wiki.zip", zip_archive(members))
    assert [more.document.id for more in archived.more] == [f"wiki.zip/{more.document.id}" for more in alone.more]
    assert [more.document.text for more in archived.more] == [more.document.text for more in alone.more]
    assert archived.unread == f"a.docx: damaged: not a complete zip archive; {alone.unread}"


def test_other_xml_is_rejected(tmp_path: Path) -> None:
    """It says what to do."""
    reason = "not an export of MediaWiki; if it is a text to quote from, save it as .txt"
    assert rejection_reason(tmp_path, "a.xml", b"<project>It is.</project>") == reason
    empty = export().replace("<page>", "<x>").replace("</page>", "</x>")
    assert rejection_reason(tmp_path, "b.xml", empty.encode()) == "contains no page that can be read"
