"""Short forms that people type in a chat, with the words that they stand for, most usual first.

A form is only taken for a word that the documents have, where they do not have the form itself. Forms that are words
of their own ("pass", "sync", "app") or mean something else as well ("hr", "def") are left out.
"""

SHORT_FORMS: dict[str, tuple[str, ...]] = {
    "acc": ("account",), "acct": ("account",), "addr": ("address",), "approx": ("approximately",),
    "appt": ("appointment",), "arg": ("argument",), "args": ("arguments",), "attr": ("attribute",),
    "auth": ("authentication", "authorization"), "avg": ("average",), "bday": ("birthday",), "bg": ("background",),
    "btn": ("button",), "calc": ("calculator",), "cert": ("certificate",), "certs": ("certificates",),
    "cfg": ("configuration",), "char": ("character",), "chars": ("characters",), "cmd": ("command",),
    "cmds": ("commands",), "conf": ("configuration",), "config": ("configuration",), "creds": ("credentials",),
    "ctrl": ("control",), "db": ("database",), "dbs": ("databases",), "dept": ("department",), "desc": ("description",),
    "dest": ("destination",), "dev": ("developer", "development"), "devs": ("developers",), "dir": ("directory",),
    "dirs": ("directories",), "dl": ("download",), "dm": ("direct message", "private message"), "dmg": ("damage",),
    "dms": ("direct messages", "private messages"), "docs": ("documentation", "documents"), "dupe": ("duplicate",),
    "dupes": ("duplicates",), "env": ("environment",), "ep": ("episode",), "eps": ("episodes",), "err": ("error",),
    "exe": ("executable",), "exp": ("experience",), "ext": ("extension",), "fav": ("favourite", "favorite"),
    "favs": ("favourites", "favorites"), "freq": ("frequency",), "func": ("function",), "govt": ("government",),
    "hrs": ("hours",), "hw": ("hardware", "homework"), "img": ("image",), "imgs": ("images",), "info": ("information",),
    "inv": ("inventory", "invitation", "invoice"), "lang": ("language",), "langs": ("languages",), "lib": ("library",),
    "libs": ("libraries",), "loc": ("location",), "lvl": ("level",), "lvls": ("levels",), "max": ("maximum",),
    "mem": ("memory",), "mgr": ("manager",), "min": ("minimum", "minute"), "mins": ("minutes",),
    "misc": ("miscellaneous",), "mod": ("moderator", "modification", "module"),
    "mods": ("moderators", "modifications", "modules"), "msg": ("message",), "msgs": ("messages",),
    "notif": ("notification",), "notifs": ("notifications",), "num": ("number",), "opts": ("options",),
    "org": ("organization", "organisation"), "param": ("parameter",), "params": ("parameters",),
    "perf": ("performance",), "perm": ("permission",), "perms": ("permissions",), "pic": ("picture", "photo", "image"),
    "pics": ("pictures", "photos", "images"), "pkg": ("package",), "pkgs": ("packages",), "pref": ("preference",),
    "prefs": ("preferences",), "prev": ("previous",), "prof": ("professor", "proficiency"), "proj": ("project",),
    "pts": ("points",), "pw": ("password",), "pwd": ("password",), "pws": ("passwords",), "qty": ("quantity",),
    "ref": ("reference",), "refs": ("references",), "reg": ("registration",), "rep": ("reputation",),
    "repo": ("repository",), "repos": ("repositories",), "req": ("requirement", "request"),
    "reqs": ("requirements", "requests"), "res": ("resolution",), "sched": ("schedule",), "sec": ("second",),
    "secs": ("seconds",), "spec": ("specification",), "specs": ("specifications",), "src": ("source",),
    "sub": ("subscription", "subtitle", "subscriber"), "subs": ("subscriptions", "subtitles", "subscribers"),
    "sys": ("system",), "temp": ("temperature", "temporary"), "tix": ("tickets",), "tut": ("tutorial",),
    "tuts": ("tutorials",), "txt": ("text",), "uni": ("university",), "var": ("variable",), "vars": ("variables",),
    "vc": ("voice channel",), "vcs": ("voice channels",), "ver": ("version",), "vid": ("video",), "vids": ("videos",),
    "vol": ("volume",), "wk": ("week",), "wknd": ("weekend",), "wks": ("weeks",), "xp": ("experience",),
    "yr": ("year",), "yrs": ("years",),
}  # fmt: skip
