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


def graph_at_run_time():
    """Return which module may need which while the program runs.

    Imports for the type checker alone do not count, but for those of packages: what a package
    exports there it imports as soon as the name is used (``lazy_names``).
    """
    packages = ("liquid_nav", "liquid_nav_benchmarks")
    graph = grimp.build_graph(*packages, exclude_type_checking_imports=True, cache_dir=None)
    everything = grimp.build_graph(*packages, cache_dir=None)
    for module in everything.modules:
        if everything.find_children(module):
            for imported in everything.find_modules_directly_imported_by(module):
                graph.add_import(importer=module, imported=imported)
    return graph


def test_files_import_each_other_in_one_direction():
    graph = graph_at_run_time()
    assert len(graph.modules) > 300
    assert circle_of(graph) is None


def test_what_a_package_exports_lazily_counts():
    graph = graph_at_run_time()
    circle = {"liquid_nav.autopilots", "liquid_nav.autopilots.link"}
    assert graph.direct_import_exists(
        importer="liquid_nav.autopilots", imported="liquid_nav.autopilots.link"
    )
    graph.add_import(importer="liquid_nav.autopilots.link", imported="liquid_nav.autopilots")
    assert circle <= set(circle_of(graph))


def test_a_circle_would_be_found():
    graph = grimp.ImportGraph()
    for one, other in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")):
        graph.add_import(importer=one, imported=other)
    assert set(circle_of(graph)) == {"a", "b", "c"}
