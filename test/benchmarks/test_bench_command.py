"""Where ``liquid-nav bench`` finds its tools, and what it prints where there are none."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liquid_nav.cli import app as cli

ROOT = Path(__file__).parents[2]
TOOLS = "liquid_nav_benchmarks"


class NoTools:
    """Finds modules first, and knows that the measuring tools are not there."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == TOOLS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture
def without_tools(monkeypatch):
    """An installation that has no measuring tools."""
    for name in [name for name in sys.modules if name.partition(".")[0] == TOOLS]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "liquid_nav.cli.bench", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoTools, *sys.meta_path])


@pytest.mark.parametrize("arguments", [("core",), ("--help",), ()])
def test_an_installation_without_the_tools_is_one_line(without_tools, arguments):
    result = CliRunner().invoke(cli.app, ["bench", *arguments])
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr.startswith("error: 'bench' measures with tools of the source tree")
    assert "make setup" in result.stderr and result.stderr.count("\n") == 1


def test_the_other_commands_need_no_tools(without_tools):
    assert CliRunner().invoke(cli.app, ["evaluate", "--help"]).exit_code == 0
    listed = CliRunner().invoke(cli.app, ["--help"])
    assert listed.exit_code == 0 and "bench" in listed.stdout


def test_a_source_tree_has_them_though_they_are_not_installed():
    code = (
        "import sys\n"
        "sys.meta_path[:] = [one for one in sys.meta_path if 'Editable' not in repr(one)]\n"
        f"sys.path[:] = [{str(ROOT)!r}, *(one for one in sys.path if 'benchmarks' not in one)]\n"
        "from liquid_nav.cli.app import main\n"
        "sys.argv = ['liquid-nav', 'bench', 'growth', '--help']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "--plot" in done.stdout, done.stderr
