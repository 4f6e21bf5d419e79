"""Find the line that names the error in what somebody pastes: a traceback of Python, Java or Node, or lines of a log.

The places in the code and the times around it are in no document, so that a question with all of them has no answer.
Questions are one line, so the forms are recognised without line breaks.
"""

import re

PYTHON_START = "Traceback (most recent call last):"
PYTHON_FRAME = re.compile(r'File "[^"]{1,300}", line \d+(?:, in \S{1,100})?')
MODULES = r"(?<![\w.])(?:[A-Za-z_]\w{0,80}+\.){0,8}"
ERROR_NAME = r"[A-Z]\w{0,80}?(?:Error|Exception|Warning|Exit|Interrupt|NotFound|Timeout)(?![\w(])"
PYTHON_ERROR = re.compile(rf"(?<!\S){MODULES}[A-Z]\w{{0,80}}+:\s")
NAMED_ERROR = re.compile(rf"{MODULES}(?:{ERROR_NAME}|Error(?=:))")
STACK_FRAME = re.compile(  # of Java, Kotlin, C#, JavaScript
    r"\s+at (?:async |new )?(?:[^\s()]{1,200}+\s?){1,3}+"
    r"(?:\([^()]{0,300}(?::\d{1,9}|Native Method|Unknown Source|<anonymous>)\)(?: ~?\[[^\[\]]{1,100}\])?"
    r"|\([^()]{0,300}\) in \S{1,300}:line \d{1,9})"
    r"|\s+at (?:async )?\S{1,300}:\d+:\d+(?!\S)|\s+\.{3} \d+ (?:common frames omitted|more)"
)
MIN_FRAMES = 2  # of a stack, below which "at" may be a word of the question
CAUSED_BY = re.compile(r"\bCaused by: ")
LOG_TIME = re.compile(r"\[?\b\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?Z| ?[+-]\d\d:?\d\d)?\]?")
LOG_LEVEL = re.compile(
    r"[\[(<|]?\b(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|error|fatal|panic)\b[\])>|:]*"
    r"(?:\s*\[[^\[\]]{1,60}\])*\s*[-:|]?\s*"
)
REPORT = re.compile(
    rf"(?<!\w){ERROR_NAME}|\bERR!"
    r"|\b(?i:(?:error|fatal|exception|panic|traceback)\b\s*[:!\])(]|error (?:message|code)s?\b)"
)


def find_error(question: str) -> str:
    """Return a question with what was pasted into it reduced to the line that names the error; else the question."""
    if PYTHON_START in question:
        return _of_python(question)
    if len(STACK_FRAME.findall(question)) >= MIN_FRAMES:
        return _of_stack(question)
    return _of_log(question)


def reports_error(text: str) -> bool:
    """Tell whether a text shows or names an error as programs report it: "ValueError: …", "fatal: …"."""
    return REPORT.search(text) is not None


def _of_python(question: str) -> str:
    words, _, pasted = question.partition(PYTHON_START)
    end = max((frame.end() for frame in PYTHON_FRAME.finditer(pasted)), default=0)
    error = PYTHON_ERROR.search(pasted, end) or NAMED_ERROR.search(pasted, end)
    return f"{words}{pasted[error.start() :]}".strip() if error else question


def _of_stack(question: str) -> str:
    """Keep the last cause of a stack, or the error above it, with the words before it."""
    text = STACK_FRAME.sub(" ", question)
    causes = CAUSED_BY.split(text)
    if len(causes) > 1:
        return " ".join(causes[-1].split())
    error = NAMED_ERROR.search(text)
    return " ".join((text[error.start() :] if error else text).split())


def _of_log(question: str) -> str:
    """Keep the last entry of a log that is an error, without its time and level."""
    times = list(LOG_TIME.finditer(question))
    starts = [time.end() for time in times]
    ends = [*(time.start() for time in times[1:]), len(question)]
    entries = [question[start:end] for start, end in zip(starts, ends, strict=True)] if times else []
    for entry in reversed(entries):
        if level := LOG_LEVEL.search(entry):
            return f"{question[: times[0].start()]}{entry[level.end() :]}".strip() or question
    return question
