"""Chats as messengers and their exporters write them: one short talk in several forms."""

import json
from typing import Any

COPIED = """mira — 03/14/2024 9:12 AM
when does the boathouse open on sundays
tomas — 03/14/2024 9:15 AM
the boathouse opens at ten on sundays

and at eleven in winter
olga — Yesterday at 9:20 AM
ok
"""
COPIED_BELOW_NAMES = """mira
 — 3/14/24, 9:12 AM
when does the boathouse open on sundays
tomas
 — 3/14/24, 9:15 AM
the boathouse opens at ten on sundays
mira
 — 9:16 AM
see you there then
"""
EXPORTED = """==============================================================
Guild: River Club
Channel: help / boats
==============================================================

[14/03/2024 09:10] mira
when does the boathouse open

[14/03/2024 09:11] tomas (pinned)
the boathouse opens at ten

{Reactions}
thumbs_up (2)

[14/03/2024 09:12] mira
bring the blue rope

{Attachments}
https://cdn.example/rope.png

==============================================================
Exported 3 message(s)
==============================================================
"""
WHATSAPP = """12/05/2024, 10:30 - Messages and calls are end-to-end encrypted. Only people in this chat can read them.
12/05/2024, 10:31 - Anna: The key is behind
the door.
12/05/2024, 10:32 - Ben Falk: ok
12/05/2024, 10:33 - Anna: <Media omitted>
12/05/2024, 10:34 - Anna added Carla
12/05/2024, 10:35 - Anna: Bring the rope: it is long.
"""
WHATSAPP_IOS = """[12.05.24, 10:31:05] Anna: The key is behind the door.
[12.05.24, 10:32:05] Ben | boats: It opens at ten.
\u200e[12.05.24, 10:32:06] Ben | boats: \u200eimage omitted
[12.05.24, 10:33:05] Anna: See you there then.
"""
IRC = """--- Log opened Tue Mar 14 09:00:00 2024
09:01 -!- anna [~anna@host] has joined #club
09:02 < anna> when does the shed open
09:03 <@ben> at nine on mondays
09:03  * anna waves at everyone
--- Day changed Wed Mar 15 2024
09:05 <@ben> the key is behind the door
"""
WEECHAT = (
    "2024-03-14 09:10:11\tanna\tthe key is behind the door\n2024-03-14 09:10:12\t-->\tben (b@host) has joined #club\n"
    "2024-03-14 09:10:13\tben\tthank you so much\n2024-03-14 09:10:14\tanna\tyou are welcome here\n"
)
ZOOM = """09:12:11 From Mira Kern to Everyone: The slides are on the page.
09:13:02 From Tomas Holt : Is there a recording?
09:14:40 From Mira Kern to Everyone: The recording is sent on Friday.
"""
SLACK_COPIED = """Mira Kern  9:12 AM
the boathouse opens at ten
Tomas Holt  9:13 AM
is it open in winter?
Mira Kern  9:14 AM
only on sundays after lunch
"""
NO_CHATS = (
    "Programme\n\n10:00 - Opening: the mayor speaks\n10:30 - Talk: the old mill\n11:00 - Coffee: in the hall\n",
    "Opening  10:00\nTalk  11:00\nLunch  12:00\nTalk  15:00\n",
    "The flood — 14 March 1920\nThe river rose.\n\nThe fire — 12 May 1931\nIt burned.\n\nThe end — 2 May 1940\nGone.\n",
    "[2024-03-14 10:00] INFO: started\n[2024-03-14 10:01] INFO: stopped\n[2024-03-14 10:02] WARN: lost\n",
    "[2024-03-14 10:00] started well\n[2024-03-14 10:01] stopped now\n[2024-03-14 10:02] started well\n",
    "Anna: Where is the key?\nBen: Behind the door.\nAnna: Thank you.\n",
    "Bus  7:30\nleaves from the pier\nTrain  8:15\nleaves from the station\nFerry  9:00\nleaves from the lake\n",
    "Monday, 9:00\nYoga\nTuesday, 9:00\nSwimming\nMonday, 11:00\nSinging\n",
    "Monday\n9:00\nYoga\nTuesday\n9:00\nSwimming\nMonday\n11:00\nSinging\n",
    "Keeper: Ines Falk\nBeds: 12\nKeeper: Otto Berg\nBeds: 8\n",
    "Q: Where is the key?\nA: It hangs there.\nQ: Where is the lamp?\nA: It stands here.\n",
    "The hut opens at 9:00. It closes at 5 p.m. on 12/05/2024.\n\nDogs are welcome.\n" * 5,
)
EXPORTER_HTML = """<!DOCTYPE html><html><head><title>River Club - help</title><style>.x{{}}</style></head><body>
<div class="preamble"><div class="preamble__entry">River Club</div></div><div class="chatlog">
<div class="chatlog__message-group"><div id="chatlog__message-container-1" class="chatlog__message-container">
<div class="chatlog__message"><div class="chatlog__message-aside"><img class="chatlog__avatar"></div>
<div class="chatlog__message-primary"><div class="chatlog__header"><span class="chatlog__author" title="mira#1">mira
</span> <span class="chatlog__timestamp" title="Thursday, March 14, 2024 9:10 AM"><a href="#1">03/14/2024 9:10 AM</a>
</span></div><div class="chatlog__content chatlog__markdown"><span class="chatlog__markdown-preserve">the key hangs
behind the door</span></div><div class="chatlog__reactions"><div class="chatlog__reaction">2</div></div></div>
</div></div><div class="chatlog__message-container"><div class="chatlog__message"><div class="chatlog__message-aside">
<div class="chatlog__short-timestamp" title="Thursday, March 14, 2024 9:11 AM">9:11 AM</div></div>
<div class="chatlog__message-primary"><div class="chatlog__content chatlog__markdown">it is a blue one</div></div></div>
</div></div><div class="chatlog__message-group"><div class="chatlog__message-container"><div class="chatlog__message">
<div class="chatlog__reply"><div class="chatlog__reply-author">mira</div><div class="chatlog__reply-content">the key
</div></div><div class="chatlog__header"><span class="chatlog__author">tomas</span><span class="chatlog__timestamp">
<a>03/14/2024 9:12 AM</a></span></div><div class="chatlog__content chatlog__markdown">the shed is locked at night
<span class="chatlog__edited-timestamp">(edited)</span></div></div></div></div></div></body></html>"""
TELEGRAM_HTML = """<html><head><title>Exported Data</title></head><body><div class="page_wrap"><div class="history">
<div class="message service" id="m0"><div class="body details">14 March 2024</div></div>
<div class="message default clearfix" id="m1"><div class="body"><div class="pull_right date details"
title="14.03.2024 09:10:00 UTC+01:00">09:10</div><div class="from_name">Mira</div><div class="text">The key hangs behind
the door.<br>It is blue.</div></div></div><div class="message default clearfix joined" id="m2"><div class="body">
<div class="pull_right date details" title="14.03.2024 09:11:00 UTC+01:00">09:11</div><div class="text">The shed is
locked at night.</div></div></div><div class="message default clearfix" id="m3"><div class="body"><div
class="pull_right date details" title="14.03.2024 09:12:00 UTC+01:00">09:12</div>
<div class="from_name">Tomas</div><div class="text">Thank you all.</div></div></div></div></div></body></html>"""
COMMENTS_HTML = """<html><head><title>The mill</title></head><body><article><h1>The mill</h1>
<p>The mill was built in 1790 by two brothers from the valley, and it ground corn for a hundred years.</p>
<p>Since 1931 the club has looked after its wheel, which turns about eight times a minute in spring.</p></article>
<div class="message"><span class="author">ann</span> <span class="date">9:10</span><div class="text">Nice.</div></div>
<div class="message"><span class="author">ben</span> <span class="date">9:11</span><div class="text">Good.</div></div>
</body></html>"""
DISCORD_JSON = {
    "guild": {"id": "1", "name": "River Club"},
    "channel": {"id": "2", "type": "GuildTextChat", "category": "Public", "name": "help", "topic": None},
    "exportedAt": "2024-03-20T10:00:00+00:00",
    "messages": [
        {
            "id": "10",
            "type": "GuildMemberJoin",
            "timestamp": "2024-03-14T09:00:00+00:00",
            "content": "Joined the server.",
            "author": {"id": "7", "name": "mira", "nickname": "Mira K."},
        },
        {
            "id": "11",
            "type": "Default",
            "timestamp": "2024-03-14T09:12:30.123+00:00",
            "content": "the key hangs\nbehind the door",
            "author": {"id": "7", "name": "mira", "discriminator": "0000", "nickname": "Mira K.", "isBot": False},
            "attachments": [],
            "reactions": [{"count": 2}],
        },
        {
            "id": "12",
            "type": "Reply",
            "timestamp": "2024-03-14T09:13:00+00:00",
            "content": "the shed is locked at night",
            "author": {"id": "8", "name": "tomas", "nickname": None},
            "reference": {"messageId": "11"},
        },
        {
            "id": "13",
            "type": "Default",
            "timestamp": "2024-03-14T09:14:00+00:00",
            "content": "",
            "author": {"name": "x"},
        },
    ],
    "messageCount": 4,
}
SLACK_JSON: list[dict[str, Any]] = [
    {
        "type": "message",
        "subtype": "channel_join",
        "user": "U01",
        "text": "<@U01> has joined",
        "ts": "1710407000.000100",
    },
    {
        "type": "message",
        "user": "U01",
        "text": "the key hangs behind the door, see <https://club.example/keys|the list> &amp; ask <@U02>",
        "ts": "1710407550.000100",
        "user_profile": {"real_name": "Mira Kern", "display_name": ""},
    },
    {
        "type": "message",
        "user": "U02",
        "text": "the shed is locked at night",
        "ts": "1710407610.000200",
        "user_profile": {"real_name": "Tomas Holt"},
    },
    {"type": "message", "user": "U01", "text": "thank you all", "ts": "1710407670.000300"},
]
TELEGRAM_JSON = {
    "name": "River Club",
    "type": "private_group",
    "id": 1,
    "messages": [
        {
            "id": 1,
            "type": "service",
            "date": "2024-03-14T09:00:00",
            "actor": "Mira",
            "action": "create_group",
            "text": "",
        },
        {
            "id": 2,
            "type": "message",
            "date": "2024-03-14T09:12:30",
            "date_unixtime": "1710407550",
            "from": "Mira",
            "from_id": "user1",
            "text": ["the key hangs ", {"type": "bold", "text": "behind"}, " the door"],
        },
        {
            "id": 3,
            "type": "message",
            "date": "2024-03-14T09:13:00",
            "from": "Tomas",
            "text": "the shed is locked at night",
        },
    ],
}
TEAMS_JSON = {
    "@odata.context": "https://graph.example/v1.0",
    "value": [
        {
            "id": "1",
            "messageType": "message",
            "createdDateTime": "2024-03-14T09:12:30.1Z",
            "subject": None,
            "from": {"application": None, "user": {"id": "a", "displayName": "Mira Kern"}},
            "body": {"contentType": "html", "content": "<p>the key hangs <b>behind</b> the door</p>"},
        },
        {
            "id": "2",
            "messageType": "message",
            "createdDateTime": "2024-03-14T09:13:00Z",
            "subject": None,
            "from": {"user": {"displayName": "Tomas Holt"}},
            "body": {"contentType": "text", "content": "the shed is locked at night"},
        },
    ],
}
DIALOGUE_JSON = {
    "messages": [
        {"role": "user", "content": "Where does the key of the shed hang?"},
        {"role": "assistant", "content": [{"type": "text", "text": "The key hangs behind the door of the shed."}]},
    ]
}
EXPORTER_CSV = (
    'AuthorID,Author,Date,Content,Attachments,Reactions\n"7","mira","2024-03-14T09:12:30.1230000+00:00","the key '
    'hangs\nbehind the door","",""\n"8","tomas","2024-03-14T09:13:00+00:00","the shed is locked at night","","x (2)"\n'
    '"8","tomas","2024-03-14T09:14:00+00:00","","https://cdn.example/a.png",""\n'
)
# Each text says the same in another layout: who, and what.
LAYOUTS = {
    "Slack, from its app": ("Mira Kern  [9:12 AM]\n{0}\n\nJonas  [9:15 AM]\n{1}\n\nMira Kern  [9:20 AM]\n{2}\n"),
    "Slack, times below names": (
        "Mira Kern\n  9:12 AM\n{0}\n2 replies\nJonas\n  9:15 AM\n{1}\nMira Kern\n  9:20 AM\n{2}\n"
    ),
    "Teams, times below names": (
        "Mira Kern\n14/03/2024 09:12\n{0}\nJonas\n14/03/2024 09:13\n{1}\nMira Kern\n14/03/2024 09:20\n{2}\n"
    ),
    "Teams, short dates": (
        "[3/14 9:12 AM] Mira Kern\n{0}\n\n[3/14 9:15 AM] Jonas\n{1}\n\n[3/14 9:20 AM] Mira Kern\n{2}\n"
    ),
    "Matrix": (
        "Thursday, March 14, 2024 at 9:12:11 AM - Mira Kern: {0}\n\n"
        "Thursday, March 14, 2024 at 9:13:11 AM - Jonas: {1}\n\n"
        "Thursday, March 14, 2024 at 9:15:11 AM - Mira Kern: {2}\n"
    ),
    "Discord, mixed": (
        "Mira Kern\nOP\n — 14/03/2024 09:12\n{0}\nJonas — Yesterday at 9:15 AM\n{1}\nMira Kern\n[CLUB]\n"
        " — 9:20 AM\n{2}\n"
    ),
    "DiscordChatExporter, older": (
        "====================\nGuild: Club\n====================\n\n[14-Mar-24 09:12 AM] Mira Kern\n{0}\n\n"
        "{{Reactions}}\n2\n\n[14-Mar-24 09:13 AM] Jonas\n{1}\n\n[14-Mar-24 09:15 AM] Mira Kern\n{2}\n\n"
        "====================\nExported 3 message(s)\n====================\n"
    ),
    "Telegram": (
        "Mira Kern, [14.03.2024 09:12]\n{0}\n\nJonas, [14.03.2024 09:13]\n[In reply to Mira Kern]\n{1}\n\n"
        "Mira Kern, [14.03.2024 09:15]\n{2}\n"
    ),
    "Telegram, 12 hours": (
        "Mira Kern, [Mar 14, 2024 at 9:12:11 AM]:\n{0}\n\nJonas, [Mar 14, 2024 at 9:13:11 AM]:\n{1}\n\n"
        "Mira Kern, [Mar 14, 2024 at 9:15:11 AM]:\n{2}\n"
    ),
    "Google Chat": ("Mira Kern, Thu 9:12 AM\n{0}\nJonas, Thu 9:13 AM\n{1}\nMira Kern, Mar 14, 9:15 AM\n{2}\n"),
    "Google Meet": ("Transcript\nMira Kern: {0}\nJonas: {1}\n00:05:00\nMira Kern: {2}\nJonas: Thank you all.\n"),
    "LINE": (
        "[LINE] Chat history with Club\nSaved on: 2024/03/14 10:00\n\n2024/03/14(Thu)\n09:12\tMira Kern\t{0}\n"
        "09:13\tJonas\t{1}\n09:15\tMira Kern\t[Sticker]\n09:16\tMira Kern\t{2}\n"
    ),
    "times behind names": ("Mira Kern (09:12): {0}\nJonas (09:13): {1}\nMira Kern (09:15): {2}\n"),
    "WhatsApp in German": (
        "14.03.24, 09:12 - Mira Kern: {0}\n14.03.24, 09:13 - Jonas: <Medien ausgeschlossen>\n"
        "14.03.24, 09:14 - Jonas: {1}\n14.03.24, 09:15 - Jonas: Diese Nachricht wurde gelöscht.\n"
        "14.03.24, 09:16 - Mira Kern: {2}\n"
    ),
    "WhatsApp in Portuguese": (
        "14 de mar. de 2024 09:12 - Mira Kern: {0}\n14 de mar. de 2024 09:13 - Jonas: {1}\n"
        "14 de mar. de 2024 09:14 - Mira Kern: {2}\n"
    ),
}
SAID = ("Where is the key of the café?", "The key hangs behind the door.")
JSON_LAYOUTS = {
    "Mattermost, lines": "".join(
        json.dumps(record) + "\n"
        for record in (
            {"type": "version", "version": 1},
            *(
                {"type": "post", "post": {"channel": "c", "user": user, "message": text, "create_at": 1710407531000}}
                for user, text in zip(("mira", "jonas"), SAID, strict=True)
            ),
        )
    ),
    "Rocket.Chat": json.dumps({
        "messages": [
            {"msg": text, "ts": {"$date": "2024-03-14T09:12:11Z"}, "u": {"username": user}}
            for user, text in zip(("mira", "jonas"), SAID, strict=True)
        ]
    }),
    "Matrix": json.dumps({
        "messages": [
            {"type": "m.room.message", "sender": "mira", "origin_server_ts": 1, "content": {"body": SAID[0]}},
            {"type": "m.room.message", "sender": "jonas", "origin_server_ts": 2,
             "content": {"body": f"> <@mira:a.example> {SAID[0]}\n> more\n\n{SAID[1]}"}},
        ]
    }),
    "Messenger": json.dumps({
        "messages": [
            {"sender_name": user, "timestamp_ms": 1710407531000, "content": text.encode().decode("latin-1")}
            for user, text in zip(("mira", "jonas"), SAID, strict=True)
        ]
    }),
    "ChatGPT": json.dumps([{
        "title": "Keys",
        "mapping": {
            "root": {"message": None},
            **{
                user: {"message": {"author": {"role": user}, "create_time": 1710407531.1, "content": {"parts": [text]}}}
                for user, text in zip(("mira", "jonas"), SAID, strict=True)
            },
        },
    }]),
    "examples, lines": json.dumps({
        "messages": [{"role": user, "content": text} for user, text in zip(("mira", "jonas"), SAID, strict=True)]
    }),
    "ShareGPT": json.dumps([{
        "id": "1",
        "conversations": [{"from": user, "value": text} for user, text in zip(("mira", "jonas"), SAID, strict=True)],
    }]),
}  # fmt: skip
