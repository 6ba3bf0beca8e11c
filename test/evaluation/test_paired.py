"""Paired flights: counts and p-values that can be worked out by hand."""

import json
import math
from fractions import Fraction

import pytest

from liquid_nav.evaluation.metrics import wilson_interval
from liquid_nav.evaluation.paired import compare, main, mcnemar


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),  # 2 * 1/2
        (4, 4, 1.0),
        (5, 0, 2 / 32),
        (6, 1, 2 * (1 + 7) / 128),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
        (3, 5, 2 * (1 + 8 + 28 + 56) / 256),
    ],
)
def test_mcnemar_by_hand(only_a, only_b, p):
    assert mcnemar(only_a, only_b) == mcnemar(only_b, only_a) == pytest.approx(p, rel=1e-12)


def test_mcnemar_of_many_pairs_is_the_binomial_test():
    for a, b in ((40, 61), (300, 350), (0, 200)):
        tail = sum(Fraction(math.comb(a + b, k), 2 ** (a + b)) for k in range(min(a, b) + 1))
        assert mcnemar(a, b) == pytest.approx(float(2 * tail), rel=1e-9)


def test_without_a_difference_there_is_nothing_to_test():
    assert mcnemar(0, 0) == 1.0


def successes(scenario, flags, first=0):
    return {(scenario, "summer", first + i): flag == "1" for i, flag in enumerate(flags)}


def test_pairs_are_counted_by_place_and_seed():
    # forest: both, only A, only A, only B, neither; field: both, only B, and two seeds that one of
    # them lacks.
    a = successes("forest", "11100") | successes("field", "101")
    b = successes("field", "11") | successes("forest", "10010") | successes("field", "1", first=7)
    forest, field, everything = compare(a, b)
    assert (forest.both, forest.only_a, forest.only_b, forest.neither) == (1, 2, 1, 1)
    assert (field.both, field.only_a, field.only_b, field.neither) == (1, 0, 1, 0)
    assert (everything.both, everything.only_a, everything.only_b, everything.neither) == (
        2,
        2,
        2,
        1,
    )
    row = forest.row()
    assert (row["pairs"], row["rate_a"], row["rate_b"]) == (5, 0.6, 0.4)
    assert (row["low_a"], row["high_a"]) == wilson_interval(3, 5) and row["p_value"] == 1.0
    assert len(compare(successes("forest", "1"), successes("forest", "0"))) == 1


def write(path, *models):
    lines = [
        {"model": name, "scenario": s, "condition": c, "seed": seed, "success": flag}
        for name, flights in models
        for (s, c, seed), flag in flights.items()
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def test_two_files_or_one_give_the_same_table(tmp_path, capsys):
    a, b = ("model", successes("forest", "111111")), ("model", successes("forest", "0000001"))
    other = ("other", b[1])
    assert (
        main(
            [
                write(tmp_path / "a", a),
                write(tmp_path / "b", b),
                "--json",
                str(tmp_path / "rows.json"),
            ]
        )
        == 0
    )
    apart = capsys.readouterr().out
    assert main([write(tmp_path / "both", a, other)]) == 0
    assert capsys.readouterr().out == apart.replace("B: model", "B: other")
    assert (
        "| forest | summer | 6 | 0 | 6 | 0 | 0 | 100.0 % (61.0 - 100.0) | 0.0 % (0.0 - 39.0) | "
        "0.0312 |" in apart
    )
    assert "1 flights of only one" in apart
    (row,) = json.loads((tmp_path / "rows.json").read_text())
    assert (row["model_a"], row["only_a"], row["p_value"]) == ("model", 6, 2 / 64)


def log(path, *campaigns):
    lines = [
        {
            "model": name,
            "model_sha256": sha,
            "scenario": "forest",
            "condition": "fog",
            "frame_rate": rate,
            "seeds": seeds,
            "successes": letters.count("s"),
        }
        | ({"outcomes": letters} if letters else {})
        for name, sha, seeds, letters, *rates in campaigns
        for rate in rates or [30.0]
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def test_the_logs_beside_two_models_are_compared(tmp_path, capsys):
    """Of the weights that flew last; a campaign that broke off and went on counts once, an older
    line not at all.
    """
    a = log(
        tmp_path / "a",
        ("a", "old", "4:8", "cccc"),
        ("a", "now", "0:4", ""),
        ("a", "now", "5:8", "s--"),
        ("a", "now", "5:8", "sst"),
        ("a (state zeroed)", "now", "5:8", "ccc"),
    )
    b = log(tmp_path / "b", ("b", "sha", "4:8", "s-cg"))
    assert main([a, b]) == 0
    shown = capsys.readouterr().out
    # Seed 5: b has not flown it; 6: only a; 7: neither.
    assert shown.startswith("A: a, B: b") and "| forest | fog | 2 | 0 | 1 | 0 | 1 |" in shown
    assert "2 flights of only one" in shown
    short = log(tmp_path / "short", ("b", "sha", "4:8", "ss"))
    assert main([a, short]) == 2 and "holds no flights" in capsys.readouterr().err


def test_another_frame_rate_is_another_place(tmp_path, capsys):
    a = log(tmp_path / "a", ("a", "sha", "0:2", "ss"), ("a", "sha", "0:2", "cc", 10.0))
    b = log(tmp_path / "b", ("b", "sha", "0:2", "cs", 10.0))
    assert main([a, b]) == 0
    shown = capsys.readouterr().out
    assert (
        "| forest | fog, 10 Hz | 2 | 0 | 0 | 1 | 1 |" in shown and "| forest | fog |" not in shown
    )


def test_what_cannot_be_compared_is_one_line(tmp_path, capsys):
    one = write(tmp_path / "one", ("m", successes("forest", "1")))
    far = write(tmp_path / "far", ("m", successes("field", "1")))
    three = write(tmp_path / "three", *((name, successes("forest", "1")) for name in "abc"))
    (tmp_path / "text").write_text("no json\n")
    (tmp_path / "rows").write_text('{"model": "m", "flights": 3}\n')
    (tmp_path / "twice").write_text((tmp_path / "one").read_text() * 2)
    for paths, expected in (
        ([one], "hold 1: m"),
        ([three], "a, b, c"),
        ([one, far], "in common"),
        ([one, tmp_path / "none"], "cannot read"),
        ([one, tmp_path / "text"], "no flights"),
        ([one, tmp_path / "rows"], "KeyError"),
        ([one, tmp_path / "twice"], "twice"),
        ([one, far, "--json", "/dev/null/x"], "cannot write"),
    ):
        assert main([str(path) for path in paths]) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.count("\n") == 1 and expected in printed.err
