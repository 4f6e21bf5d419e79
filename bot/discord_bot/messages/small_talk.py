"""Recognise messages that ask nothing: thanks, greetings, acknowledgements, and questions about the bot itself. Pure.

Only a message that consists of nothing else is one; a question with a greeting before it is a question. The phrases of
all languages of the bot are known everywhere, because people write in theirs.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Literal

from bot.discord_bot.messages.answer_card import Card, line_card
from bot.showing.languages import Message

Kind = Literal["help", "thanks", "greeting", "nod"]
MAX_LENGTH = 80  # characters; a longer message says more
IMPORTANCE: tuple[Kind, ...] = ("help", "thanks", "greeting", "nod")  # of several kinds in a message
WELCOME = Message("You are welcome!")
HELLO = Message("Hello! Ask me what you want to know; /help explains how.")
NOD = "👍"
APOSTROPHES = re.compile("['’ʼ]")
WORD = re.compile(r"\w+")
UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u9fff])")  # letters of Japanese and Chinese, a word each
PHRASES: dict[Kind, str] = {
    "help": """help, help me, help please, please help, i need help, can you help, can you help me, who are you,
        what are you, what can you do, what can i ask, what can i ask you, how do i use you, how can i ask,
        how do i ask, hilfe, hilf mir, wer bist du, was bist du, was kannst du, was kann ich fragen,
        was kann ich dich fragen, ayuda, ayúdame, quién eres, qué eres, qué puedes hacer, qué sabes hacer, aide,
        aide moi, à laide, qui es tu, qui êtes vous, tu es qui, que peux tu faire, que sais tu faire, ヘルプ, 助けて,
        あなたは誰, あなたは誰ですか, 何ができる, 何ができますか, 何ができるの, ajuda, me ajuda, quem é você,
        quem é vc, o que você faz, o que você pode fazer, помощь, помоги, помогите, кто ты, ты кто, что ты умеешь,
        что ты можешь, 帮助, 帮帮我, 你是谁, 你能做什么, 你会做什么, 你可以做什么""",
    "thanks": """thanks, thank you, thank u, thank, thx, thnx, ty, tysm, tyvm, cheers, much appreciated,
        appreciate it, i appreciate it, good bot, that helped, that helps, this helps, that was helpful, very helpful,
        so helpful, helpful, youre the best, you are the best, well done, good job, great job, nice work, great work,
        that worked, it worked, danke, dankeschön, danke schön, danke sehr, vielen dank, besten dank, herzlichen dank,
        merci, guter bot, gut gemacht, das hat geholfen, hat geholfen, das hilft, hat geklappt, gracias,
        muchas gracias, mil gracias, muy amable, buen bot, eso ayuda, me sirvió, bien hecho, merci beaucoup,
        merci bien, bon bot, ça aide, ça maide, ça a marché, bien joué, ありがとう, ありがとうございます,
        ありがとうございました, どうも, 助かりました, 助かった, obrigado, obrigada, muito obrigado, muito obrigada,
        valeu, vlw, bom bot, isso ajudou, ajudou, спасибо, большое спасибо, спасибо большое, благодарю, хороший бот,
        помогло, это помогло, 谢谢, 多谢, 谢谢你, 谢谢您, 感谢, 非常感谢, 有帮助""",
    "greeting": """hi, hello, hey, heya, hiya, yo, howdy, greetings, good morning, good afternoon, good evening,
        morning, how are you, how are you doing, hows it going, whats up, sup, are you there, hallo, servus, moin,
        guten morgen, guten tag, guten abend, grüß dich, grüezi, wie geht es dir, wie gehts, hola, buenas,
        buenos días, buenas tardes, buenas noches, qué tal, cómo estás, bonjour, bonsoir, salut, coucou, ça va,
        comment ça va, comment vas tu, こんにちは, こんばんは, おはよう, おはようございます, やあ, お元気ですか, olá,
        oi, bom dia, boa tarde, boa noite, tudo bem, tudo bom, e aí, привет, здравствуй, здравствуйте, добрый день,
        доброе утро, добрый вечер, как дела, 你好, 您好, 嗨, 早上好, 下午好, 晚上好, 你好吗, 大家好""",
    "nod": """ok, okay, okey, oki, k, kk, alright, all right, cool, nice, nice one, great, good, awesome, perfect,
        excellent, amazing, lol, lmao, haha, hahaha, hehe, xd, wow, yes, yeah, yep, no, nope, sure, fine, got it,
        i see, makes sense, understood, noted, never mind, nevermind, nvm, sorry, my bad, bye, goodbye, see you,
        good night, no problem, np, ja, nein, klar, gut, super, toll, prima, alles klar, verstanden, passt, genau,
        tschüss, gute nacht, egal, sí, vale, bien, genial, perfecto, entendido, de acuerdo, claro, jaja, jajaja,
        adiós, perdón, oui, non, daccord, bien, génial, parfait, compris, mdr, ptdr, au revoir, bonne nuit, pardon,
        はい, いいえ, 了解, 了解です, なるほど, わかりました, すごい, さようなら, 笑, sim, não, beleza, blz, legal,
        ótimo, entendi, certo, kkk, kkkk, tchau, desculpa, да, нет, ок, окей, хорошо, отлично, понятно, понял, поняла,
        ясно, круто, супер, пока, извини, ладно, 好, 好的, 是, 是的, 不, 不是, 明白, 明白了, 知道了, 不错, 太好了,
        哈哈, 再见""",
}
# Said around the others; alone, they are no small talk.
FILLERS = """there, bot, everyone, everybody, all, guys, folks, friend, mate, man, dude, buddy, again, so much,
    very much, a lot, so, very, really, and, for the help, for your help, for that, for the answer, for this, that,
    its, it is, zusammen, alle, leute, dir, euch, ihnen, und, sehr, für die hilfe, für deine hilfe, für die antwort,
    nochmal, a todos, amigo, por la ayuda, por tu ayuda, por la respuesta, y, muy, à tous, tout le monde, pour laide,
    pour ton aide, pour la réponse, et, très, です, ね, よ, か, pessoal, gente, pela ajuda, pela resposta, e, muito,
    всем, бот, за помощь, за ответ, и, очень, 你, 啊, 吗, 了"""


def kind_of(text: str) -> Kind | None:
    """Return what a message is that asks nothing, None for any other."""
    if len(text) > MAX_LENGTH:
        return None
    words = _words(text)
    if not words:
        return "nod" if _is_emoji(text) else None
    kinds = _kinds_of(words)
    return next((kind for kind in IMPORTANCE if kind in kinds), None)


def answer_to(kind: Kind, help_card: Card) -> Card:
    """Compose the answer: the help, or a short line."""
    if kind == "help":
        return help_card
    return line_card({"thanks": WELCOME(), "greeting": HELLO(), "nod": NOD}[kind])


def is_same(text: str, other: str) -> bool:
    """Tell whether two messages have the same words."""
    return _words(text) == _words(other)


def _words(text: str) -> tuple[str, ...]:
    folded = APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).casefold())
    return tuple(WORD.findall(UNSPACED.sub(r" \1 ", folded)))


def _is_emoji(text: str) -> bool:
    """Tell whether a text without words is of emoji alone: symbols, with what joins and colours them."""
    kinds = {unicodedata.category(character) for character in text if not character.isspace()}
    return "So" in kinds and kinds <= {"So", "Sk", "Cf", "Mn", "Me"}


def _kinds_of(words: Sequence[str]) -> frozenset[str]:
    """Return the kinds of the phrases that the words consist of, none if there are words beside them."""
    phrases = _phrases()
    longest = max(map(len, phrases))
    kinds: dict[int, frozenset[str]] = {0: frozenset()}  # of the first words, by their number
    for start in range(len(words)):
        for end in range(start + 1, min(start + longest, len(words)) + 1):
            found = phrases.get(tuple(words[start:end]))
            if start in kinds and found is not None:
                kinds[end] = kinds.get(end, frozenset()) | kinds[start] | {found}
    return kinds.get(len(words), frozenset())


@cache
def _phrases() -> dict[tuple[str, ...], str]:
    """Return the kind of each phrase, by its words."""
    lists: list[tuple[str, str]] = [("filler", FILLERS), *PHRASES.items()]
    return {_words(phrase): kind for kind, phrases in lists for phrase in phrases.split(",")}
