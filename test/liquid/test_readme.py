"""The examples of the documentation run."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def blocks(page):
    path = ROOT / page
    text = path.read_text() if path.exists() else ""
    return [
        block
        for block in re.findall(r"```python\n(.*?)```", text, re.S)
        if "liquid_nav.liquid" in block
    ]


@pytest.mark.parametrize("page", ["docs/liquid_core.md", "README.md"])
def test_examples_run_and_stay_short(page, capsys):
    examples = blocks(page)
    if not examples and page == "README.md":
        pytest.skip("the README has no example of the core")
    names = {}
    for example in examples:
        exec(compile(example, page, "exec"), names)
    lines = [line for line in examples[0].splitlines() if line.strip()]
    assert len(lines) <= 15
    assert "34 neurons" in capsys.readouterr().out
