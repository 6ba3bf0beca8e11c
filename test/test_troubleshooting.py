"""The messages that docs/how_to/troubleshooting.md quotes are those that the code prints."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "how_to" / "troubleshooting.md"
RUN = 3
"""Tokens in a row by which a part of a message is known; all of a part that has fewer."""
KNOWN = 0.55
"""Share of a message's tokens that must be known; the others are filled in, by us or by the system.
"""
FILLED = (
    "cannot open serial:",
    "cannot open udp:",
    "serial:/dev/ttyACM0:57600 broke",
    "mode OFFBOARD refused",
    "features: numbers are",
    "recipe: frame_rate is",
    "no heartbeat of system",
)
"""How messages begin that mostly consist of what is filled in."""


FILLED_PARTS = {"hz in yuyv", "give number between", "cannot read speed"}
"""Parts of other messages that do too."""


def tokens_of(text):
    """Lower-case tokens; what is filled in (numbers, names in quotes, dots) parts them."""
    return re.findall(r"[a-z]{2,}", text.lower())


def pieces(text):
    """Parts of a quoted message that nothing is filled into, as lists of tokens."""
    parts = re.split(r"\.\.\.|'[^']*'|[0-9][0-9.:]*|/\S+|`", text)
    return [tokens for tokens in map(tokens_of, parts) if tokens]


def strings():
    """Every text in the code, with its formatted values as gaps."""
    for path in sorted((ROOT / "liquid_nav").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield " ".join(
                    str(part.value) if isinstance(part, ast.Constant) else "\0"
                    for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def quotes():
    """What stands in backticks in the first column."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("| ") or line.startswith(("| what you see", "|--")):
            continue
        first = line[2:].split(" | ")[0]
        found += [two or one for two, one in re.findall(r"``(.+?)``|`([^`]+)`", first)]
    return found


@pytest.fixture(scope="module")
def runs():
    """Runs of tokens in the code's texts."""
    found = set()
    for text in strings():
        for part in text.split("\0"):
            tokens = tokens_of(part)
            for length in range(1, RUN + 1):
                found.update(tuple(tokens[i : i + length]) for i in range(len(tokens) - length + 1))
    return found


def known(quote, runs):
    """Return the share of a quote's tokens that stand in the code in the same order."""
    count = 0
    total = 0
    for piece in pieces(quote):
        length = min(RUN, len(piece))
        found = set()
        for begin in range(len(piece) - length + 1):
            if tuple(piece[begin : begin + length]) in runs:
                found.update(range(begin, begin + length))
        count += len(found)
        total += len(piece)
    return count / total


def strange_parts(quote, runs):
    """Return the parts of at least three tokens of which no three in a row stand in the code."""
    long = [piece for piece in pieces(quote) if len(piece) >= RUN]
    return [
        " ".join(piece)
        for piece in long
        if not any(tuple(piece[i : i + RUN]) in runs for i in range(len(piece) - RUN + 1))
    ]


def test_every_quoted_message_is_printed_somewhere(runs):
    messages = [
        quote
        for quote in quotes()
        if sum(map(len, pieces(quote))) > RUN and not quote.startswith(FILLED)
    ]
    assert len(messages) >= 40
    assert not [quote for quote in messages if known(quote, runs) < KNOWN]
    strange = {part for quote in messages for part in strange_parts(quote, runs)}
    assert strange <= FILLED_PARTS


def test_a_message_that_is_never_printed_is_noticed(runs):
    assert known("the camera has fallen asleep again", runs) < KNOWN
    assert known("2 publishers on /cmd_vel, expected one: end the others", runs) == 1.0
