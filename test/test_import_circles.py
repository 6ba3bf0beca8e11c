"""No file needs another that needs it, not even through an import inside a function."""

from graphlib import CycleError, TopologicalSorter

import pytest

grimp = pytest.importorskip("grimp")


def circle_of(graph):
    """Return the modules of a circle of imports, or None."""
    needs = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def test_files_import_each_other_in_one_direction():
    graph = grimp.build_graph(
        "liquid_nav", "liquid_nav_benchmarks", exclude_type_checking_imports=True, cache_dir=None
    )
    assert len(graph.modules) > 300
    assert circle_of(graph) is None


def test_a_circle_would_be_found():
    graph = grimp.ImportGraph()
    for one, other in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")):
        graph.add_import(importer=one, imported=other)
    assert set(circle_of(graph)) == {"a", "b", "c"}
