"""Decode text that is not UTF-8 where there is no doubt what it is: UTF-16, and Windows-1252 of Western languages.

UTF-16 counts with its byte order mark, or if every second byte of most of the text is zero. Of Windows-1252, those
letters and signs are beyond doubt that the other Windows encodings of Latin letters have at the same places (ä, ö, ü,
ß, é, quotation marks, dashes); others only in a text with the commonest words of a language that uses them.
"""

import codecs
import re

BYTE_ORDER_MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
SAMPLE_BYTES = 4_096
MIN_ZERO_SHARE, MAX_OTHER_ZERO_SHARE = 0.7, 0.02  # of the bytes at odd and at even places, or the other way round
# At the same places in the Windows encodings of Western, Central European, Baltic and Turkish languages.
SAME_EVERYWHERE = frozenset("äöüßÄÖÜéÉ…‚„“”‘’–—•‹›«»§©®°±·€†‡™\u00a0".encode("cp1252"))
WORDS = {  # letters that other encodings have elsewhere, and the commonest words of a language that uses them
    "àâçèêëîïôùûœæÀÂÇÈÊÎÔŒÙÛ": "le la les des est et dans que une pour sur avec qui",
    "áíóúñ¿¡ÁÍÓÚÑç": "el los las que una por para con del es en y se",
    "ãõáâàçêíóôúÃÕÁÂÀÇÊÍÓÔÚ": "o os as que uma para com não do da em e se",
    "àèìòùÀÈÌÒÙ": "il lo gli che una per con del della di e non è",
    "åæøÅÆØ": "og er det at en til på som av af ikke med",
    "åÅàâ": "och är det att en till på som av inte med för",
    "ëïèê": "de het een en van is dat niet op te in",
}
WORD = re.compile(r"[^\W\d_]+")
SUSPICIOUS = re.compile(  # no text of these languages looks so
    r"[a-zß-ÿ][À-ÖØ-Þ][a-zß-ÿ]|[ß-ÿœ]{3}|[\x80-\x9f\ufffd]|[^\W\d_][‚„]|[^\W\d_][“”«»‹›•†‡][^\W\d_]"
)
MIN_WORD_SHARE = 0.06  # of the commonest words, in a text whose letters are in doubt
WORDS_LOOKED_AT = 5_000


def decode_older(content: bytes) -> str | None:
    """Decode text that is not UTF-8; None if it is in doubt in which encoding it is."""
    name = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), _unmarked_utf16(content))
    if name:
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            return None
    return _windows_1252(content)


def _unmarked_utf16(content: bytes) -> str | None:
    """Return the kind of UTF-16 that a text is in which most letters are Latin; None for any other text."""
    sample = content[: SAMPLE_BYTES // 2 * 2]
    if len(content) % 2 or len(sample) < 8:
        return None
    even, odd = (sample[start::2].count(0) / (len(sample) / 2) for start in (0, 1))
    if odd >= MIN_ZERO_SHARE and even <= MAX_OTHER_ZERO_SHARE:
        return "utf-16-le"
    return "utf-16-be" if even >= MIN_ZERO_SHARE and odd <= MAX_OTHER_ZERO_SHARE else None


def _windows_1252(content: bytes) -> str | None:
    """Decode Windows-1252 if nothing else is likely, else return None."""
    high = {byte for byte in set(content) if byte >= 0x80}
    if 0 in content or not high:
        return None
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    if SUSPICIOUS.search(text):
        return None
    if high <= SAME_EVERYWHERE:
        letters = sum(byte < 0x80 for byte in content)
        return text if letters >= 4 * (len(content) - letters) else None
    words = [word.lower() for word, _ in zip(WORD.findall(text), range(WORDS_LOOKED_AT), strict=False)]
    for special, common in WORDS.items():
        known = SAME_EVERYWHERE | set(special.encode("cp1252"))
        share = sum(word in common.split() for word in words) / max(len(words), 1)
        if high <= known and share >= MIN_WORD_SHARE:
            return text
    return None
