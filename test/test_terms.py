"""The field's terms: nodes publish and receive, messages have a text. Words that make people of
nodes, or that are private to this project, stay out of code, messages, tests and documents.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("liquid_nav", "launch", "config", "docs", "examples", "benchmarks", "test")
BESIDE = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "QUALITY_DECLARATION.md", "Makefile")
SUFFIXES = frozenset({".py", ".md", ".yaml", ".yml", ".xml", ".rviz", ".sh"})
LEFT_OUT = {
    "test/test_terms.py": "this list",
    "docs/results/mutation_survivors.md": "quotes the code as it was measured",
}
"""File -> why it is not read."""
INSTEAD = {
    "nobody|nobodys": "no node, no publisher, no person, or the passive voice",
    "somebody|somebodys": "a person, another node",
    "everybody": "every node, all",
    "anybody": "any node, any person",
    "hear|hears|heard|hearing": "receive",
    "tell|tells|told|telling": "report, publish, state, distinguish",
    "speak|speaks|spoke|spoken|speaking": "publish, send",
    "say|says|said|saying": "report, state, define",
    "word|words": "text, message, request, string",
    "breath": "one line, one message",
    "hiccup|hiccups": "delay, timeout",
    "fate": "outcome, state",
    "seat": "the thing itself",
    "ear|ears": "subscriber, callback",
    "eye|eyes": "camera",
    "personality": "autopilot, profile",
    "flavour|flavours": "kind, profile",
}
"""Words -> the terms to use in their place."""
ALLOWED = {
    ("liquid_nav", r"\b(np|torch)\.eye\("): "NumPy's and PyTorch's identity matrix",
    ("test", r"\b(np|torch)\.eye\("): "NumPy's and PyTorch's identity matrix",
    ("liquid_nav", r"\.bio\.tell\(\)"): "the position in a file, of Python's io",
    ("test", r"record\.tell\(\)"): "the position in a file, of Python's io",
    ("liquid_nav/worlds", r"\bseat\b"): "a part of the camping chair",
    ("test/cli", r"COMP_C?WORDS?"): "variables of bash's completion",
    ("liquid_nav/bringup", '"personality"'): "a replaced name, which is refused",
    ("docs/how_to", "'personality'"): "a replaced name, which is refused",
    ("test/test_unknown_names.py", "personality"): "a replaced name, which is refused",
}
"""Place and pattern of a use that is right -> why."""


def pattern(words):
    """Return a pattern for whole words; in names, underscores part them."""
    return re.compile(rf"(?<![a-z])({words})(?![a-z])", re.IGNORECASE)


WORDS = {pattern(words): instead for words, instead in INSTEAD.items()}


def files():
    """Yield (path from the root, text) of what is read."""
    found = [ROOT / name for name in BESIDE]
    for folder in FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    for path in sorted(found):
        name = path.relative_to(ROOT).as_posix()
        hidden = any(part.startswith((".", "__pycache__")) for part in path.parts)
        if path.is_file() and not hidden and name not in LEFT_OUT:
            yield name, path.read_text(encoding="utf-8")


def uses(name, text, allowed):
    """Yield a line for each use of such a word; ``allowed``: filled with the exceptions needed."""
    for place, right in ALLOWED:
        if name.startswith(place):
            kept, count = re.subn(right, "", text)
            if count:
                allowed.add((place, right))
                text = kept
    for number, line in enumerate(text.splitlines(), 1):
        for word, instead in WORDS.items():
            found = word.search(line)
            if found:
                yield f"{name}:{number}: '{found[1]}'. write: {instead}"


def test_the_fields_terms_are_used():
    allowed = set()
    found = [use for name, text in files() for use in uses(name, text, allowed)]
    assert not found, "\n" + "\n".join(found)
    assert allowed == set(ALLOWED), "exceptions that nothing needs"


@pytest.mark.parametrize(
    "line",
    [
        "Nobody publishes /odom",
        "def test_a_node_that_is_heard_again():",
        "    self.said = []",
        'FLAVOUR = "px4"',
        "LAST_WORDS = 3",
    ],
)
def test_such_a_word_is_found_in_prose_and_in_names(line):
    assert len(list(uses("liquid_nav/a.py", f"x = 1\n{line}\n", set()))) == 1


@pytest.mark.parametrize(
    "line", ["a password", "essay", "the year", "np.eye(3)", "retold", "eyelet"]
)
def test_a_part_of_another_word_is_none(line):
    assert not list(uses("liquid_nav/a.py", line, set()))
