"""The posts of a thread on a saved page of a forum are read as messages, without what stands around them."""

from pathlib import Path

import pytest

from retrieval.reading.formats import webpage
from tests.retrieval.reading.test_plain_chat import messages_of
from tests.support.reading import read_content

ASKED = "Our kiln stops at 900 degrees.<br>What can I do?"
TOLD = "Clean contact K3.<ul><li>Switch it off.</li><li>Use a brush.</li></ul>"
QUOTED = "stops at 900 degrees"
PHPBB = """<div class="post bg1" id="p{at}"><dl class="postprofile"><dt><a class="username">{author}</a></dt>
<dd class="profile-posts">Posts: 31</dd></dl><div class="postbody"><h3>Re: Kiln stops</h3><p class="author">by
<strong><a class="username">{author}</a></strong> &raquo; <time datetime="2024-03-0{at}T10:00:00+00:00">x</time></p>
<div class="content">{quote}{text}</div><div class="signature">Potter since 1990</div></div></div>"""
MYBB = """<div class="post"><div class="post_author"><div class="author_information"><strong><span><a href="#">
{author}</a></span></strong><br>Member</div><div>Posts: 31</div></div><div class="post_content"><div
class="post_head"><span class="post_date">2024-03-0{at} 10:00</span></div><div class="post_body">{quote}{text}</div>
<div class="signature">Potter</div></div></div>"""
DISCOURSE = """<div itemscope class="topic-body crawler-post"><div class="crawler-post-meta"><span class="creator"><a
href="#"><span itemprop="name">{author}</span></a></span><time datetime="2024-03-0{at}T10:00:00Z" class="post-time">x
</time></div><div class="post" itemprop="text">{quote}{text}</div><span class="post-likes">3 Likes</span></div>"""
XENFORO = """<article class="message message--post js-post" data-author="{author}"><div class="message-user"><h5>Member
</h5></div><time datetime="2024-03-0{at}T10:00:00Z">x</time><div class="message-body"><div class="bbWrapper">{quote}
{text}</div></div><aside class="message-signature">Potter</aside></article>"""
VBULLETIN = """<li class="postbit postcontainer"><span class="date">2024-03-0{at} 10:00</span><div class="userinfo"><a
class="username"><strong>{author}</strong></a><dl><dt>Posts</dt><dd>31</dd></dl></div><blockquote class="postcontent">
{quote}{text}</blockquote></li>"""
SMF = """<div class="post_wrapper"><div class="poster"><h4><a href="#">{author}</a></h4><ul><li>Posts: 3</li></ul></div>
<div class="postarea"><a class="date" title="2024-03-0{at} 10:00">March</a><div class="post"><div class="inner">{quote}
{text}</div></div></div><div class="signature">Potter</div></div>"""
STACK = """<div class="{kind} js-post {accepted}"><div class="votecell"><div>{at}4</div></div><div class="s-prose
js-post-body" itemprop="text">{quote}{text}</div><div class="user-info">asked <span title="2024-03-0{at} 10:00:00Z"
class="relativetime">a year ago</span><div class="user-details"><a href="#">{author}</a><span>1,101</span></div></div>
<ul class="comments"><li>Which kiln?</li></ul></div>"""
FLARUM = """<article class="CommentPost Post"><header class="Post-header"><ul><li class="item-user"><div
class="PostUser"><h3 class="PostUser-name"><a href="#"><span class="username">{author}</span></a></h3></div></li><li>
<time datetime="2024-03-0{at}T10:00:00Z">x</time></li></ul></header><div class="Post-body">{quote}
{text}</div></article>"""
INVISION = """<article class="cPost ipsBox ipsComment ipsComment_parent"><aside class="cAuthorPane"><h3
class="cAuthorPane_author"><strong><a href="#">{author}</a></strong></h3><ul><li>31 posts</li></ul></aside><time
datetime="2024-03-0{at}T10:00:00Z">x</time><div class="cPost_contentWrap"><div class="ipsType_normal ipsType_richText">
{quote}{text}</div><div data-role="memberSignature">Potter</div></div></article>"""
QUOTES = {
    FLARUM: "",
    INVISION: f'<blockquote class="ipsQuote"><div class="ipsQuote_citation">Ines said:</div>{QUOTED}</blockquote>',
    PHPBB: f"<blockquote><div><cite>Ines wrote:</cite>{QUOTED}</div></blockquote>",
    MYBB: f'<blockquote class="mycode_blockquote"><cite>Ines</cite>{QUOTED}</blockquote>',
    DISCOURSE: f'<aside class="quote"><blockquote>{QUOTED}</blockquote></aside>',
    XENFORO: f'<div class="bbCodeBlock bbCodeBlock--quote"><a>Ines said:</a>{QUOTED}</div>',
    VBULLETIN: f'<div class="bbcode_quote">{QUOTED}</div>',
    SMF: f'<blockquote class="bbc_standard_quote">{QUOTED}</blockquote>',
    STACK: "",
}


def thread_page(post: str, *texts: str, accepted: int = 0) -> str:
    """Lay out posts of Ines and Otto, in turns, as a page of a forum; those of others quote the first one."""
    posts = [
        post.format(
            at=at,
            author=("Otto", "Ines")[at % 2],
            text=text,
            quote="" if at % 2 else QUOTES[post],
            kind="question" if at == 1 else "answer",
            accepted="accepted-answer" if at == accepted else "",
        )
        for at, text in enumerate(texts, 1)
    ]
    return (
        "<html><head><title>Potters' board - Kiln stops</title></head><body><h1>Potters' board</h1>"
        f"<h2>Kiln stops</h2>{''.join(posts)}<p>Powered by a forum. Users browsing it: 7 guests.</p></body></html>"
    )


@pytest.mark.parametrize(
    "post", QUOTES, ids=["flarum", "invision", "phpbb", "mybb", "discourse", "xenforo", "vbulletin", "smf", "stack"]
)
def test_posts_have_their_author_and_time_and_reply_to_the_first(tmp_path: Path, post: str) -> None:
    """What they quote and sign with, and votes, are left out; the heading is the title of the thread."""
    page = thread_page(post, ASKED, TOLD, "It works again, thank you.")
    read = read_content(tmp_path, "thread.html", page.encode())
    assert messages_of(read) == [
        "Ines, 2024-03-01 10:00: Our kiln stops at 900 degrees. What can I do?",
        "Otto, 2024-03-02 10:00: Clean contact K3. - Switch it off. - Use a brush.",
        "Ines, 2024-03-03 10:00: It works again, thank you.",
    ]
    assert (read.document.title, read.document.unit) == ("Kiln stops", "message")
    assert [mark.at for mark in read.document.marks] == [1, None]


def test_the_accepted_answer_comes_first() -> None:
    """Right after the question, wherever it stands on the page."""
    page = thread_page(STACK, ASKED, "Buy another kiln.", "Wait a day.", TOLD, accepted=4)
    extracted = webpage.read(page.encode())
    assert [part.text for part in extracted.parts if part.kind == "header"] == [
        "Ines, 2024-03-01 10:00", "Otto, 2024-03-04 10:00", "Otto, 2024-03-02 10:00", "Ines, 2024-03-03 10:00",
    ]  # fmt: skip


def test_replies_inside_others_are_posts_of_their_own() -> None:
    """As old Reddit nests them."""
    post = '<div class="thing"><p><a class="author">{}</a></p><div class="usertext-body"><p>{}</p></div>{}</div>'
    nested = post.format("otto", "Which contact?", post.format("ines", "K3.", ""))
    page = f"<html><body>{post.format('ines', ASKED, '')}{nested}</body></html>"
    rows = [part.text for part in webpage.read(page.encode()).parts if part.kind in ("row", "aside")]
    assert rows == ["Our kiln stops at 900 degrees.\nWhat can I do?", "Which contact?", "K3."]


@pytest.mark.parametrize(
    "page",
    [
        thread_page(PHPBB, ASKED),
        thread_page(PHPBB, f"<h3>How to fire a kiln</h3>{ASKED}", "Good guide."),
        thread_page(PHPBB, "<table><tr><td>Cone</td><td>Heat</td></tr></table>", "Good list."),
        thread_page(SMF, "The kiln is hot. " * 130, "Good guide."),
        thread_page(PHPBB, ASKED, TOLD).replace("username", "x"),
        thread_page(PHPBB, ASKED, TOLD).replace("postbody", "entry"),
    ],
)
def test_guides_and_other_pages_are_no_threads(page: str) -> None:
    """So are a post without replies, posts without authors, and the entries of a blog."""
    assert webpage.read(page.encode()).unit == "row"
