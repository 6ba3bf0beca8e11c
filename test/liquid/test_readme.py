"""The examples of the documentation run."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = "docs/reference/liquid_core.md"


def blocks(page):
    text = (ROOT / page).read_text()
    return [
        block
        for block in re.findall(r"```python\n(.*?)```", text, re.S)
        if "liquid_nav.liquid" in block
    ]


def test_examples_run_and_stay_short(capsys):
    examples = blocks(PAGE)
    names = {}
    for example in examples:
        exec(compile(example, PAGE, "exec"), names)
    lines = [line for line in examples[0].splitlines() if line.strip()]
    assert len(lines) <= 15
    assert "34 neurons" in capsys.readouterr().out
