"""Pages of site generators are read whole, without what the site puts around their content and into it."""

from pathlib import Path

import pytest

from retrieval.reading.formats import webpage
from tests.support.reading import placed_sentences, read_content, sentences_of

TEXT = "The ferry crosses the lake twice a day, and it takes forty minutes each way in any weather. "
LONG = f"<p>{TEXT * 3}</p>"
WORDS = (  # for which extractors of articles leave out whatever has them in its id
    "share", "shared", "sharing", "social", "viral", "newsletter", "syndication", "cookie", "tags", "sidebar",
    "banner", "breadcrumb", "button", "author", "footer", "nav", "menu", "related", "unrelated", "premium", "ad-",
    "comment", "comments", "commentary", "promo", "subscribe", "print", "message-container", "reader-comments",
    "hidden", "disqus_thread", "reply-", "respond", "infinite-scroll", "teaser", "jp-relatedposts",
)  # fmt: skip
TABLE = "<table><tr><th>Day</th><th>Opens</th></tr><tr><td>Monday</td><td>9</td></tr></table>"

SPHINX = f"""<div class="related" role="navigation"><h3>Navigation</h3></div><div class="document"><div class="body"
role="main">
<section id="share-comments"><h1><a class="toc-backref" href="#id1" role="doc-backlink">How do I share comments?</a>
<a class="headerlink" href="#share-comments">¶</a></h1>{LONG}<p>See<a href="#f1" role="doc-noteref">[1]</a>.</p>
<dl class="py function"><dt class="sig"><span>go</span>(<em>x</em>)<a class="headerlink" href="#go">¶</a></dt>
<dd><p>Go there.</p></dd></dl><aside class="sidebar"><p class="sidebar-title">Coats</p><p>Bring one.</p></aside>
<ul><li><p>Hours:</p>{TABLE}</li></ul><div class="highlight"><pre><span></span><span class="c1"># go</span></pre></div>
<aside class="footnote" id="f1" role="doc-footnote"><span class="label"><span class="fn-bracket">[</span><a href="#id9"
role="doc-backlink">1</a><span class="fn-bracket">]</span></span>
<p>On Windows nobody can do it.</p></aside></section></div>
<div class="sphinxsidebar" role="navigation"><p>Nothing to see.</p></div></div><div class="footer">Made by us.</div>"""
MKDOCS = f"""<main><div class="md-sidebar"><nav><a href="/">Home</a></nav></div><div class="md-content"><article>
<h1 id="cookies">Cookies<a class="headerlink" href="#cookies">¶</a></h1>{LONG}<div class="tabbed-set"><input
type="radio">
<div class="tabbed-labels"><label>Linux</label><label>Mac</label></div><div class="tabbed-content">
<div class="tabbed-block"><p>Use apt.</p></div><div class="tabbed-block"><pre><code>brew</code></pre></div></div></div>
<details class="note"><summary>Why?</summary><p>It is so.</p></details><p>Press <kbd>Ctrl</kbd>+<kbd>C</kbd>.</p>
<form class="md-feedback"><p>Was this page helpful?</p></form></article></div></main><footer><p>By us.</p></footer>"""
DOCUSAURUS = f"""<nav class="navbar"><a href="/">Home</a></nav><main><article><nav
class="breadcrumbs"><li>Docs</li></nav>
<div class="theme-doc-markdown markdown"><header><h1>Sharing tags</h1></header>{LONG}<div class="tabs-container">
<ul role="tablist"><li role="tab">Linux</li><li role="tab">Mac</li></ul><div><div role="tabpanel"><p>Use apt.</p></div>
<div role="tabpanel" hidden><p>Use brew.</p></div></div></div><h2 id="related">Related<a class="hash-link"
href="#related">\u200b</a></h2><p>All talk.</p></div></article></main>"""
ASCIIDOCTOR = f"""<div id="header"><h1>ferry(7)</h1><div class="details"><span id="author">Ann</span></div>
<h2>NAME</h2><p>ferry - a boat</p></div><div id="content"><div class="sect1"><h2 id="_comments">Comments</h2>
<div class="sectionbody">{LONG}<div class="paragraph" id="recommended-formats"><p>Store text<sup class="footnote">[<a
href="#_d1">1</a>]</sup>.</p></div>
<div class="admonitionblock note"><table><tr><td class="icon"><div class="title">Note</div></td>
<td class="content">Bring a coat.</td></tr></table></div><div class="sidebarblock"><p>Sidebars are
text.</p></div></div></div>
</div><div id="footnotes">
<div class="footnote" id="_d1"><a href="#_f1">1</a>. On Windows nobody can do it.</div>
</div><div id="footer">Version
1</div>"""
HUGO = f"""<header class="site-header"><h1 class="site-title"><a href="/">Ferry</a></h1></header><main><article>
<header class="post-header"><h1>Newsletter</h1><div class="post-meta">May 3</div></header><div
class="post-content">{LONG}
<h2 id="social">Social</h2><p>All talk.</p></div><div class="share-buttons"><p>Tell your friends.</p></div>
<section class="related-posts"><h3>Related</h3><p>Other posts tell other things.</p></section>
<div id="comments" class="comments"><article class="comment"><p>I was there.</p></article></div></article></main>"""
GITBOOK = f"""<div class="book-header" role="navigation"><h1><a href=".">Menu</a></h1></div><div role="main"><div
id="book-search">
<section class="markdown-section"><h1 id="menu">Menu</h1>{LONG}</section><div class="search-results"><h1>results</h1>
</div></div></div>"""
MEDIAWIKI = f"""<div id="content" role="main"><h1 id="firstHeading">Ferry</h1><div id="bodyContent"><div id="siteSub"
class="noprint">From Ferrypedia</div><a class="mw-jump-link" href="#n">Jump</a><div class="mw-parser-output">{LONG}<h2>
<span class="mw-headline" id="Share">Share</span><span class="mw-editsection">[<a href="e">edit</a>]</span></h2><dl>
<dt>Lake</dt><dd>A wet place.</dd></dl><table
class="navbox"><tr><td>Boats</td><td>Ferries</td></tr></table></div></div></div>"""
DOCBOOK = f"""<div class="navheader"><table><tr><th>Sidebar</th><td>Next</td></tr></table></div><div class="sect1">
<div class="titlepage"><div><div><h2 class="title">Sidebar</h2></div></div></div>{LONG}<div class="section" id="footer">
<div class="titlepage"><div><div><h3>Set share</h3></div></div></div><p>All talk.</p></div></div>
<div class="navfooter"><table><tr><td>Prev</td><td>Up</td></tr></table></div>"""
WORDPRESS = f"""<div id="content"><main><article class="post category-social"><h1 class="entry-title">Advert rules</h1>
<div class="entry-content">{LONG}<figure class="wp-block-table">{TABLE}</figure><div class="sharedaddy"><h3>Share
this</h3>
</div></div></article><div id="comments" class="comments-area"><h2>2 thoughts</h2><p>I was
there.</p></div></main></div>"""
DISCOURSE = f"""<div role="main"><h1><a href="/t/ferry/1">When?</a></h1><div class="topic-body"><div
class="crawler-post-meta">
ann</div><div class="post">{LONG}</div></div><div class="topic-body"><div class="post"><p>At
nine.</p></div></div></div>"""
NOTION = f"""<article class="page"><header><h1>Author menu</h1></header><div class="page-body">{LONG}<h2>Tags</h2>
<figure class="callout"><p>Bring a coat.</p></figure></div></article>"""
CONFLUENCE = f"""<div id="main-header"><h1 id="title-heading">Space : Share menu</h1></div><div id="content"><div
class="page-metadata">Created by Ann</div><div id="main-content">{LONG}<div class="two-left-sidebar"><div class="cell
aside">
<p>Columns.</p></div></div><div class="expand-content"><p>Green.</p></div></div></div><div id="footer">By us.</div>"""
PAGES = {
    "sphinx": (SPHINX, "heading 1 How do I share comments?|*|text See¹.|heading 7 go(x)|text Go there.|text Coats"
     "|text Bring one.|item Hours:|aside Day; Opens|row Day: Monday; Opens: 9.|code # go"
     "|aside ¹ On Windows nobody can do it."),
    "mkdocs": (MKDOCS, "heading 1 Cookies|*|heading 7 Linux|text Use apt.|heading 7 Mac|code brew|heading 7 Why?"
     "|text It is so.|text Press Ctrl+C."),
    "docusaurus": (DOCUSAURUS, "heading 1 Sharing tags|*|heading 7 Linux|text Use apt.|heading 7 Mac|text Use brew."
     "|heading 2 Related|text All talk."),
    "asciidoctor": (ASCIIDOCTOR, "heading 1 ferry(7)|heading 2 NAME|text ferry - a boat|heading 2 Comments|*"
     "|text Store text¹.|text Note|text Bring a coat.|text Sidebars are text.|aside ¹ On Windows nobody can do it."),
    "hugo": (HUGO, "heading 1 Newsletter|*|heading 2 Social|text All talk."),
    "gitbook": (GITBOOK, "heading 1 Menu|*"),
    "mediawiki": (MEDIAWIKI, "heading 1 Ferry|*|heading 2 Share|heading 7 Lake|text A wet place."),
    "docbook": (DOCBOOK, "heading 2 Sidebar|*|heading 3 Set share|text All talk."),
    "wordpress": (WORDPRESS, "heading 1 Advert rules|*|aside Day; Opens|row Day: Monday; Opens: 9."),
    "discourse": (DISCOURSE, "heading 1 When?|*|text At nine."),
    "notion": (NOTION, "heading 1 Author menu|*|heading 2 Tags|text Bring a coat."),
    "confluence": (CONFLUENCE, "heading 1 Space : Share menu|*|text Columns.|text Green."),
}  # fmt: skip


def _lines(body: str) -> list[str]:
    """Read a page; returns a line for each part, "*" for the long paragraph."""
    parts = webpage.read(f"<html><head><meta charset='utf-8'></head><body>{body}</body></html>".encode()).parts
    lines = [f"{part.kind}{f' {part.level}' if part.kind == 'heading' else ''} {part.text.strip()}" for part in parts]
    return ["*" if TEXT.strip() in line else line for line in lines]


@pytest.mark.parametrize("generator", PAGES)
def test_the_content_of_a_generated_page_is_read_whole(generator: str) -> None:
    """Headings, notes, tabs and sections about furniture are kept; menus, comments and the like are not."""
    body, expected = PAGES[generator]
    assert _lines(body) == expected.split("|")


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("around", ["<div>{}</div>", "<main>{}</main>", "<div id='content'>{}</div>"])
def test_a_section_whose_id_is_made_from_its_heading_is_kept(word: str, around: str) -> None:
    """Whatever word the id has, and also where the page does not say what its content is."""
    section = f"<section id='{word}'><h2>About {word}</h2><p>There is one on deck. {TEXT}</p></section>"
    article = f"<article-body><h1>The ferry</h1>{LONG}{section}{LONG.replace('twice', 'once')}</article-body>"
    assert f"heading 2 About {word}" in _lines(around.format(article))
    parts = webpage.read(f"<body>{around.format(article)}</body>".encode()).parts
    assert f"There is one on deck. {TEXT.strip()}" in [part.text for part in parts if part.kind == "text"]


def test_content_with_little_of_the_text_is_not_taken() -> None:
    """A page may call a small part of itself its main element."""
    assert "*" in _lines(f"<main><p>Loading the page.</p></main><div>{LONG}</div>")


def test_what_holds_most_of_the_text_is_no_furniture() -> None:
    """Some sites name the element around everything after something in it."""
    assert "*" in _lines(f"<main><p>Hello all.</p><div class='has-newsletter social'>{LONG}</div></main>")


def test_tabs_without_a_label_each_are_left_as_they_are() -> None:
    """Panels cannot be named where their number is not that of the labels."""
    tabs = "<ul role='tablist'><li role='tab'>Linux</li><li role='tab'>Mac</li></ul><div role='tabpanel'>Use apt.</div>"
    assert _lines(f"<main>{LONG}<div>{tabs}</div></main>") == ["*", "item Linux", "item Mac", "text Use apt."]


def test_a_panel_inside_a_panel_is_named_by_its_own_tabs() -> None:
    """The labels of the outer tabs are not those of the inner ones."""
    inner = "<div><div role='tablist'><b role='tab'>In</b></div><div role='tabpanel'>Deep.</div></div>"
    outer = f"<div role='tablist'><b role='tab'>Out</b></div><div role='tabpanel'>{inner}</div>"
    lines = _lines(f"<main>{LONG}<div>{outer}</div></main>")
    assert lines == ["*", "heading 7 Out", "heading 7 In", "text Deep."]


@pytest.mark.parametrize("code", ["<pre class='line-numbers'><code>go(1)", "<pre><code class='line-numbers'>go(1)"])
def test_code_that_asks_for_line_numbers_is_kept(code: str) -> None:
    """Prism has the class of the numbers on the code to which it adds them."""
    assert _lines(f"<main>{LONG}{code}</code></pre></main>") == ["*", "code go(1)"]


@pytest.mark.parametrize(
    "box",
    [
        '<h2><button class="accordion-button">Are dogs allowed?</button></h2><div class="collapse">{}</div>',
        '<button class="accordion">Are dogs allowed?</button><div class="panel">{}</div>',
        '<h3><button aria-expanded="false" aria-controls="p1">Are dogs allowed?</button></h3>'
        '<div id="p1" role="region" hidden>{}</div>',
        '<button aria-expanded="false" data-bs-target="#p1">Are dogs allowed?</button>'
        '<div id="p1" style="display: none">{}</div>',
    ],
)
def test_a_button_that_unfolds_text_is_its_heading(tmp_path: Path, box: str) -> None:
    """What it unfolds is read, as readers see it after a click; other buttons are not."""
    page = (
        "<html><head><title>Rules</title></head><body><main><h1>Rules</h1><p>The hut is open from May to October.</p>"
        f"<button>Print this page now</button>{box.format('<p>Dogs are allowed on a lead.</p>')}</main></body></html>"
    )
    read = read_content(tmp_path, "a.html", page.encode())
    assert [(text, heading) for text, _, heading in placed_sentences(read)] == [
        ("The hut is open from May to October.", "Rules"),
        ("Dogs are allowed on a lead.", "Rules › Are dogs allowed?"),
    ]


def test_classes_that_a_page_strikes_out_or_raises(tmp_path: Path) -> None:
    """As programs export pages, with a style sheet in them; styles of other classes change nothing."""
    page = (
        "<html><head><title>Fees</title><style>/* x */ .c1{color:red} span.c2 , .c3 { text-decoration : line-through }"
        ".c4{vertical-align:super;font-size:58%}</style></head><body><main><h1>Fees</h1>"
        '<p>A tour costs <span class="c2 c1">5</span> <span class="c1">6</span> euros.</p><p class="c3">It was 4.</p>'
        '<p>The wheel has 10<span class="c4">6</span> cells of water in it.</p></main></body></html>'
    )
    read = read_content(tmp_path, "a.html", page.encode())
    assert sentences_of(read) == ["A tour costs 6 euros.", "The wheel has 10⁶ cells of water in it."]
