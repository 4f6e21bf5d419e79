"""Short forms that people type in a chat, with the words that they stand for, most usual first, and small words.

A form is only taken for a word that the documents have, where they do not have the form itself. Rival meanings are
listed, so that a form stays where it is in doubt. Forms that are words of their own ("pass", "sync", "app") or have too
many meanings ("rep", "mod", "ref") are left out.
"""

COUNTED = frozenset(("ep", "lvl", "ver", "vol", "wk", "yr"))  # also with a number right behind: "lvl5"

SHORT_FORMS: dict[str, tuple[str, ...]] = {
    "acc": ("account", "accuracy"), "acct": ("account",), "addr": ("address",), "approx": ("approximately",),
    "appt": ("appointment",), "atk": ("attack",), "arg": ("argument",), "args": ("arguments",),
    "auth": ("authentication", "authorization"), "avg": ("average",), "bday": ("birthday",),
    "bg": ("background", "battleground"), "btn": ("button",), "calc": ("calculator", "calculation"),
    "cert": ("certificate", "certification"), "certs": ("certificates", "certifications"), "cfg": ("configuration",),
    "char": ("character", "charisma"), "chars": ("characters",), "cmd": ("command",), "cmds": ("commands",),
    "config": ("configuration",), "creds": ("credentials",), "db": ("database",), "dbs": ("databases",),
    "dept": ("department",), "desc": ("description", "descending"), "dex": ("dexterity",),
    "dev": ("developer", "development", "device"), "devs": ("developers", "devices"),
    "dir": ("directory", "director", "direction"), "dirs": ("directories", "directors", "directions"),
    "dl": ("download",), "dm": ("direct message", "private message", "dungeon master", "game master"),
    "dmg": ("damage",), "dms": ("direct messages", "private messages", "dungeon masters", "game masters"),
    "docs": ("documentation", "documents"), "dupe": ("duplicate",), "dupes": ("duplicates",), "env": ("environment",),
    "ep": ("episode",), "eps": ("episodes",), "exp": ("experience", "expiry", "expiration", "export"),
    "ext": ("extension", "external", "extra"), "fav": ("favourite", "favorite"), "favs": ("favourites", "favorites"),
    "freq": ("frequency",), "govt": ("government",), "hp": ("hitpoints", "hit points", "health", "horsepower"),
    "hrs": ("hours",), "hw": ("hardware", "homework"), "img": ("image",), "imgs": ("images",), "info": ("information",),
    "inv": ("inventory", "invitation", "invoice", "invite"), "lang": ("language",), "langs": ("languages",),
    "lib": ("library",), "libs": ("libraries",), "lvl": ("level",), "lvls": ("levels",), "max": ("maximum",),
    "min": ("minimum", "minute"), "mins": ("minutes",), "msg": ("message",), "msgs": ("messages",),
    "notif": ("notification",), "notifs": ("notifications",), "opts": ("options",),
    "org": ("organization", "organisation"), "param": ("parameter",), "params": ("parameters",),
    "perf": ("performance", "perfect"), "perm": ("permission", "permanent"), "perms": ("permissions",),
    "pic": ("picture", "photo", "image"), "pics": ("pictures", "photos", "images"), "pkg": ("package",),
    "pkgs": ("packages",), "ppl": ("people",), "pref": ("preference", "prefix"), "prefs": ("preferences",),
    "prev": ("previous",), "prof": ("professor", "proficiency", "profession", "profile"),
    "proj": ("project", "projection"), "pts": ("points",), "pw": ("password",), "pwd": ("password",),
    "pws": ("passwords",), "qty": ("quantity",), "repo": ("repository",), "repos": ("repositories",),
    "req": ("requirement", "request"), "reqs": ("requirements", "requests"), "sched": ("schedule", "scheduler"),
    "sec": ("second", "section", "security"), "secs": ("seconds",),
    "spec": ("specification", "specialization", "specialisation"), "specs": ("specifications",),
    "str": ("strength", "string"), "sub": ("subscription", "subtitle", "subscriber", "substitute"),
    "subs": ("subscriptions", "subtitles", "subscribers", "substitutes"),
    "temp": ("temperature", "temporary", "template"), "tix": ("tickets",), "tut": ("tutorial", "tutor"),
    "tuts": ("tutorials", "tutors"), "uni": ("university", "unit"), "vars": ("variables",),
    "vc": ("voice channel", "voice chat"), "vcs": ("voice channels", "voice chats"), "ver": ("version",),
    "vid": ("video",), "vids": ("videos",), "vol": ("volume", "volunteer"), "vols": ("volumes", "volunteers"),
    "wk": ("week",), "wknd": ("weekend",), "wks": ("weeks",), "xp": ("experience",), "yr": ("year",), "yrs": ("years",),
}  # fmt: skip

# The short forms of a word that it is the most usual meaning of.
SHORT_BY_WORD: dict[str, tuple[str, ...]] = {
    word: tuple(short for short, (first, *_) in SHORT_FORMS.items() if first == word)
    for word, *_ in SHORT_FORMS.values()
    if " " not in word
}

# Small words that searches leave out, as they are typed in a chat; so typed, they would count as words of the subject.
SMALL_WORDS = {
    "arent": "are not", "cant": "can not", "coz": "because", "couldnt": "could not", "cuz": "because", "da": "the",
    "dat": "that", "didnt": "did not", "dis": "this", "doesnt": "does not", "dont": "do not", "gonna": "going to",
    "gotta": "have to", "hasnt": "has not", "havent": "have not", "hows": "how is", "im": "I am", "isnt": "is not",
    "ive": "I have", "r": "are", "shouldnt": "should not", "thats": "that is", "theres": "there is", "thru": "through",
    "u": "you", "ur": "your", "wanna": "want to", "wasnt": "was not", "wat": "what", "whats": "what is",
    "wheres": "where is", "whos": "who is", "wont": "will not", "wouldnt": "would not", "wut": "what",
    "youre": "you are",
}  # fmt: skip
