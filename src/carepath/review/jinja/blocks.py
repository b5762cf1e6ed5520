"""Where a template that Jinja rejects is really broken: the block or brace left open."""

from __future__ import annotations

import re

TAG = re.compile(r"(?s)\{#.*?#\}|\{%-?\s*(?P<word>\w+)(?P<rest>.*?)-?%\}")
MARK = re.compile(r"(?s)\{#.*?#\}|\{\{|\}\}|\{%.*?%\}")
EXPRESSION = re.compile(r"""(?s)\{\{(?:'[^'\n]*'|"[^"\n]*"|[^{}'"]|[{}](?![{}]))*\}\}""")
"""From two braces to two braces; those within a string of it are no end."""
STRING = re.compile(r"""'[^'\n]*'|"[^"\n]*\"""")
OPENERS = frozenset(
    {"if", "for", "macro", "call", "filter", "snapshot", "test", "materialization", "raw", "docs"}
)


MACROS = re.compile(
    r"(?s)\{#.*?#\}|\{%-?\s*(?P<word>macro|test|data_test|materialization)\b.*?"
    r"\{%-?\s*end(?P=word)\s*-?%\}"
)


def alone(source: str) -> str:
    """A file of macros without what stands between its blocks; lines stay where they are."""
    found: list[str] = []
    last = 0
    for match in MACROS.finditer(source):
        found += [re.sub(r"[^\n]", " ", source[last : match.start()]), match[0]]
        last = match.end()
    if not found:
        return source
    return "".join([*found, re.sub(r"[^\n]", " ", source[last:])])


def culprit(source: str) -> tuple[int, str] | None:
    """The line of the block or brace that is left open, and what to say of it."""
    braces = _open_braces(source)
    if braces is not None:
        return braces
    stack: list[tuple[str, int]] = []
    for match in TAG.finditer(source):
        word = match["word"]
        if word is None:
            continue
        line = source.count("\n", 0, match.start()) + 1
        is_block_set = word == "set" and "=" not in match["rest"]
        if word in OPENERS or is_block_set:
            stack.append((word, line))
        elif word.startswith("end"):
            wanted = word.removeprefix("end")
            if stack and stack[-1][0] == wanted:
                stack.pop()
            elif any(name == wanted for name, _ in stack):
                name, opened = stack[-1]
                return opened, f"{{% {name} %}} of line {opened} is not closed before line {line}"
            else:
                return line, f"{{% {word} %}} closes nothing"
    if stack:
        name, opened = stack[-1]
        return opened, f"{{% {name} %}} of line {opened} is not closed"
    return None


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _open_braces(source: str) -> tuple[int, str] | None:
    opened: int | None = None
    source = EXPRESSION.sub(lambda match: STRING.sub(_blank, match[0]), source)
    for match in MARK.finditer(source):
        text = match[0]
        if text == "{{":
            if opened is not None:
                break
            opened = match.start()
        elif text == "}}":
            opened = None
        elif text.startswith("{%") and opened is not None:
            break
    if opened is None:
        return None
    line = source.count("\n", 0, opened) + 1
    return line, f"the {{{{ of line {line} is not closed with }}}}"
