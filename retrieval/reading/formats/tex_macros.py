"""Expand what a LaTeX file defines for itself, and write the quantities of siunitx as readers see them."""

import re

GROUP = r"\{((?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+)\}"  # up to three levels deep
DEFINITION = re.compile(
    r"\\(?:(?:re|provide)?(?:newcommand|command)|DeclareRobustCommand)\*?\s*\{?\\(?P<name>[A-Za-z]+)\}?"
    rf"(?:\[(?P<count>\d)\])?(?:\[(?P<default>[^\]]*)\])?\s*{GROUP.replace('(', '(?P<body>', 1)}"
    rf"|\\def\s*\\(?P<plain>[A-Za-z]+)(?P<parameters>[#\d]*)\s*{GROUP.replace('(', '(?P<content>', 1)}"
)
MAX_MACROS, MAX_BODY_LENGTH, MAX_EXPANDED_LENGTH = 200, 500, 2_000_000  # of these, characters
MAX_PASSES = 3  # macros that use others
QUANTITY = re.compile(
    rf"\\(?:SI|qty)\s*(?:\[[^\]]*\])?\s*{GROUP}\s*{GROUP}|\\num\s*(?:\[[^\]]*\])?\s*{GROUP}"
    rf"|\\(?:si|unit)\s*(?:\[[^\]]*\])?\s*{GROUP}|\\ang\s*(?:\[[^\]]*\])?\s*{GROUP}"
)
RANGE = re.compile(  # "200–250 °C", or a list "1; 2; 5 m"
    rf"\\(?:(?:SI|qty)range\s*(?:\[[^\]]*\])?\s*{GROUP}\s*{GROUP}\s*{GROUP}"
    rf"|numrange\s*(?:\[[^\]]*\])?\s*{GROUP}\s*{GROUP}"
    rf"|(?:SI|qty)list\s*(?:\[[^\]]*\])?\s*{GROUP}\s*{GROUP}|numlist\s*(?:\[[^\]]*\])?\s*{GROUP})"
)
UNIT = re.compile(
    r"\\(?P<before>square|cubic)\s*(?:\\(?P<prefix>kilo|milli|centi|deci|micro|nano|mega|giga|tera)\s*)?"
    r"\\(?P<power>[A-Za-z]+)|\\(?P<name>[A-Za-z]+)[ \t]*"
)
UNITS = {
    "metre": "m", "meter": "m", "gram": "g", "second": "s", "ampere": "A", "kelvin": "K", "mole": "mol", "hertz": "Hz",
    "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W", "volt": "V", "ohm": "Ω", "farad": "F", "litre": "l",
    "liter": "l", "hour": "h", "minute": "min", "day": "d", "percent": "%", "celsius": "°C", "degreeCelsius": "°C",
    "degree": "°", "tonne": "t", "hectare": "ha", "bar": "bar", "byte": "B", "bit": "bit", "decibel": "dB",
    "kilogram": "kg", "kilo": "k", "milli": "m", "centi": "c", "deci": "d", "micro": "µ", "nano": "n", "mega": "M",
    "giga": "G", "tera": "T", "per": "/", "squared": "²", "cubed": "³", "km": "km", "cm": "cm", "mm": "mm", "kg": "kg",
}  # fmt: skip


def expand_macros(source: str, known: re.Pattern[str]) -> str:
    """Put the bodies of the macros that a file defines in the places of their names, and leave the definitions out.

    Commands that the pattern matches keep their own meaning.
    """
    macros: dict[str, tuple[int, str]] = {}  # number of arguments and body, by name

    def define(match: re.Match[str]) -> str:
        name, body = match["name"] or match["plain"], match["body"] if match["name"] else match["content"]
        count = int(match["count"] or 0) if match["name"] else match["parameters"].count("#")
        has_default = match["name"] and match["default"] is not None
        if (
            len(macros) < MAX_MACROS
            and not known.match(f"\\{name}")
            and len(body) <= MAX_BODY_LENGTH
            and count <= 2
            and not has_default
        ):
            macros[name] = (count, body)
        return ""

    source = DEFINITION.sub(define, source)
    if not macros:
        return source
    use = re.compile(rf"\\({'|'.join(sorted(macros, key=len, reverse=True))})(?![A-Za-z])(?:\{{\}})?")
    for _ in range(MAX_PASSES):
        expanded = _expand_once(source, use, macros)
        if expanded == source or len(expanded) > MAX_EXPANDED_LENGTH:
            break
        source = expanded
    return source


def _expand_once(source: str, use: re.Pattern[str], macros: dict[str, tuple[int, str]]) -> str:
    """Expand each use of a macro once, as long as the text does not get too long."""
    pieces, position, length = [], 0, len(source)
    for match in use.finditer(source):
        if match.start() < position:  # inside an argument
            continue
        count, body = macros[match[1]]
        end = match.end()
        for number in range(1, count + 1):
            given = re.compile(rf"\s*{GROUP}").match(source, end)
            if given is None:
                break
            body, end = body.replace(f"#{number}", given[1]), given.end()
        length += len(body)
        if length > MAX_EXPANDED_LENGTH:
            break
        pieces += [source[position : match.start()], body]
        position = end
    return "".join([*pieces, source[position:]])


def write_quantities(source: str) -> str:
    """Write numbers with their units, as "5 m", also ranges and lists of them."""
    return QUANTITY.sub(_quantity, RANGE.sub(_range, source))


def _range(match: re.Match[str]) -> str:
    first, last, unit = match[1] or match[4], match[2] or match[5], match[3] or match[7] or ""
    numbers = f"{first}–{last}" if first else ", ".join((match[6] or match[8]).split(";"))
    return f"{numbers} {_unit(unit)}".strip()


def _quantity(match: re.Match[str]) -> str:
    number, unit = match[1] or match[3] or "", match[2] or match[4] or ""
    if match[5] is not None:
        return f"{match[5].partition(';')[0]}°"
    return f"{number} {_unit(unit)}".strip()


def _unit(source: str) -> str:
    def name(match: re.Match[str]) -> str:
        if match["power"]:
            power = UNITS.get(match["prefix"] or "", "") + UNITS.get(match["power"], match["power"])
            return power + ("²" if match["before"] == "square" else "³")
        return UNITS.get(match["name"], match["name"])

    return UNIT.sub(name, source)
