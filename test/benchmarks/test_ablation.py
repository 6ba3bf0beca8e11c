"""Variants of a recipe: how they are laid over the base, on what they are judged, and what is shown
of it.
"""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from liquid_nav.errors import UserError
from liquid_nav.learning.recipe import RecipeError
from liquid_nav_benchmarks import ablation
from liquid_nav_benchmarks.ablation import (
    check_seeds,
    folder_of,
    main,
    overlay,
    read_results,
    read_variants,
)
from liquid_nav_benchmarks.ablation_plot import counts, draw_table, group_of, make_figure

SHIPPED = Path("config/training/ablation.yaml")


def row(condition, successes, flights=10):
    return {"condition": condition, "successes": successes, "flights": flights}


ROWS = [
    row("summer", 9),
    row("summer", 8),
    row("pseudo/sepia", 5),
    row("pseudo/stripes", 7),
    row("pseudo/drifting", 3),
]


@pytest.mark.parametrize(
    ("base", "changes", "expected"),
    [
        ({"a": 1, "b": {"c": 2, "d": 3}}, {}, {"a": 1, "b": {"c": 2, "d": 3}}),
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 4}}, {"a": 1, "b": {"c": 2, "d": 4}}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"c": 3}]}, {"a": [{"b": 1, "c": 3}]}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}, {"b": 3}]}, {"a": [{"b": 2}, {"b": 3}]}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"kind": "x", "b": 1}}, {"a": {"kind": "y"}}, {"a": {"kind": "y"}}),
    ],
)
def test_changes_are_laid_over_the_base(base, changes, expected):
    before = json.dumps(base)
    assert overlay(base, changes) == expected
    assert json.dumps(base) == before


def test_each_shipped_variant_differs_from_the_base_by_what_it_names():
    variants = read_variants(SHIPPED)
    base = variants["11 blocks, two maps"]
    expected = {
        "8 blocks": {"policy"},
        "5 blocks": {"policy"},
        "only the last map": {"policy"},
        "a front of random weights": {"photographs"},
        "one look a frame": {"looks"},
        "no random appearance": {"rounds"},
        "no drift, no other cameras": {"rounds"},
        "EfficientNet-Lite1": {"policy"},
        "points in both maps": {"policy"},
        "slower learning": {"rounds"},
    }
    changed = {
        name: {
            field.name
            for field in fields(base)
            if getattr(recipe, field.name) != getattr(base, field.name)
        }
        for name, recipe in variants.items()
        if recipe is not base
    }
    assert changed == expected
    assert variants["8 blocks"].policy.encoder.maps == (5, 8)
    assert variants["no random appearance"].rounds[0].random == 0.0
    assert variants["no random appearance"].rounds[0].flights == base.rounds[0].flights
    assert len({folder_of(name) for name in variants}) == len(variants)


@pytest.mark.parametrize(
    "text",
    [
        "- 1",
        "base: {}",
        "base: {}\nvariants: {}\nmore: 1",
        "{",
        "base: {}\nvariants: [1]",
        "base: {}\nvariants: {a: 1}",
        "base: 1\nvariants: {}",
        "",
    ],
)
def test_what_is_no_list_of_variants_is_one_line(tmp_path, text):
    path = tmp_path / "variants.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match="variants.yaml"):
        read_variants(path)


def test_a_file_that_is_missing_is_one_line(tmp_path):
    with pytest.raises(RecipeError, match="no variants at"):
        read_variants(tmp_path / "none.yaml")


@pytest.mark.parametrize("seeds", ["9999:10001", "19990:20001", "0:10"])
def test_variants_are_never_judged_on_seeds_for_training_or_reporting(seeds):
    with pytest.raises(UserError, match="10000"):
        check_seeds(seeds)


def test_the_conditions_are_summer_and_invented_ones():
    assert ablation.CONDITIONS[0] == "summer"
    assert all(name.startswith("pseudo/") for name in ablation.CONDITIONS[1:])
    there = {f"pseudo/{path.stem}" for path in Path("config/conditions/pseudo").glob("*.yaml")}
    assert set(ablation.CONDITIONS[1:]) == there


@pytest.fixture
def made(monkeypatch):
    """Neither training nor flying: which recipes were trained, and which models flown."""
    trained = []
    judged = []

    class Quick:
        def __init__(self, recipe, folder, workers=None):
            trained.append((recipe, folder.name))

        def run(self):
            return Path(trained[-1][1])

    monkeypatch.setattr(ablation, "PolicyTrainer", Quick)
    monkeypatch.setattr(
        ablation, "judge", lambda model, seeds, workers: judged.append(str(model)) or ROWS
    )
    return trained, judged


def test_what_is_finished_is_not_done_again(made, tmp_path, capsys):
    trained, judged = made
    arguments = [
        "--out",
        str(tmp_path),
        "--only",
        "8 blocks",
        "--model",
        "after round 1=models/default",
    ]
    assert main(arguments) == 0
    assert [name for _, name in trained] == ["8-blocks"]
    assert trained[0][0] == read_variants(SHIPPED)["8 blocks"]
    assert judged == ["8-blocks", "models/default"]
    assert list(read_results(tmp_path)) == ["8 blocks", "after round 1"]
    assert main([*arguments, "--plot", str(tmp_path / "plot.png")]) == 0
    assert len(trained) == 1 and len(judged) == 2
    assert (tmp_path / "plot.png").stat().st_size > 1000
    assert (
        "| 8 blocks | 85 % (17 of 20) | 60 % (12 of 20) | 30 % (3 of 10) | - (0 of 0) |"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--only", "9 blocks"], "no variant '9 blocks'"),
        (["--only", "8 blocks", "--model", "models/default"], "no name"),
    ],
)
def test_a_wrong_name_is_one_line(made, tmp_path, capsys, arguments, text):
    assert main(["--out", str(tmp_path), *arguments]) == 2
    error = capsys.readouterr().err
    assert text in error and error.count("\n") == 1


def test_a_condition_belongs_to_the_longest_beginning_that_fits():
    assert group_of("pseudo/drifting") == "drifting estimate"
    assert group_of("pseudo/sepia") == "invented looks"
    assert group_of("pseudo/hidden") == "hidden target"
    with pytest.raises(ValueError, match="winter"):
        group_of("winter")


def test_a_group_counts_both_scenarios():
    assert counts(ROWS, "summer") == (17, 20)
    assert counts(ROWS, "invented looks") == (12, 20)


def test_the_table_and_the_diagram_agree():
    results = {"one": ROWS, "two": [row("summer", 10)]}
    assert (
        draw_table(results).splitlines()[-1]
        == "| two | 100 % (10 of 10) | - (0 of 0) | - (0 of 0) | - (0 of 0) |"
    )
    axes = make_figure(results).axes[0]
    assert sorted(round(bar.get_width(), 6) for bar in axes.patches) == [30.0, 60.0, 85.0, 100.0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
