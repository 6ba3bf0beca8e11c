"""The command line's frame: help, lazy loading, and one line for everything that people can get
wrong.
"""

import io
import subprocess
import sys
import types
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest
import typer

from liquid_nav import __version__
from liquid_nav.cli import app as cli
from liquid_nav.cli.lazy import Entry
from liquid_nav.errors import UserError


@dataclass
class Result:
    """What a command left behind."""

    exit_code: int
    stdout: str
    stderr: str


def run(*arguments: str) -> Result:
    """Run the command line in this process; Typer's own runner mixes the streams in the releases
    ROS comes with.
    """
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
        cli.app(list(arguments), prog_name="liquid-nav")
    return Result(end.value.code or 0, out.getvalue(), err.getvalue())


@pytest.fixture
def command(monkeypatch):
    """Replace the table by one command, ``try``, that does what the test sets."""

    def install(function) -> None:
        module = types.ModuleType("pretended_command")
        setattr(module, "try", function)
        monkeypatch.setitem(sys.modules, "pretended_command", module)
        monkeypatch.setattr(
            cli.LiquidNav, "entries", (Entry("try", "pretended_command", "Try.", "liquid-nav try"),)
        )

    return install


def raising(error: BaseException):
    """Return a command that raises."""

    def body(size: int = 1) -> None:
        raise error

    return body


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_help_names_every_command_and_an_example(arguments):
    result = run(*arguments)
    assert result.exit_code == 0
    for entry in cli.ENTRIES:
        assert entry.name in result.stdout
    assert "Example: liquid-nav" in result.stdout


def test_version():
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"liquid_nav {__version__}\n")


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from liquid_nav.cli.app import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'mujoco', 'numpy', 'rclpy', 'cv2', 'lightning'} & "
        "set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == "[]"


def test_the_help_of_every_command_needs_no_extra():
    code = (
        "import sys\n"
        "lazy = ('torch', 'mujoco', 'matplotlib', 'rosbags', 'lightning', 'cv2', 'rclpy')\n"
        "sys.modules |= dict.fromkeys(lazy)  # importing them raises\n"
        "from liquid_nav.cli.app import ENTRIES, app\n"
        "from liquid_nav.cli.bench import bench_app\n"
        "from liquid_nav.cli.import_ import import_app\n"
        "names = [[entry.name] for entry in ENTRIES]\n"
        "for name, group in {'bench': bench_app, 'import': import_app}.items():\n"
        "    names += [[name, one.name or one.callback.__name__] "
        "for one in group.registered_commands]\n"
        "for line in names:\n"
        "    try: app([*line, '--help'])\n"
        "    except SystemExit as end: assert not end.code, line\n"
        "assert len(names) == 21, names\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Usage: ") == 21


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("--nonsense",), ("try", "--nonsense"), ("try", "--size", "x")]
)
def test_usage_errors_are_one_line(command, arguments):
    command(raising(AssertionError("never called")))
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert "--help" in result.stderr


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            UserError("unknown scenario 'x'", "choose one of: field, forest"),
            "unknown scenario 'x'. choose one of",
        ),
        (UserError("spread\nover lines"), "spread over lines"),
        (
            PermissionError(13, "Permission denied", "/flights"),
            "/flights: permission denied. Check",
        ),
        (
            ModuleNotFoundError("No module named 'mujoco'", name="mujoco"),
            "'mujoco' is not installed. run make setup",
        ),
        (ModuleNotFoundError("No module named 'nav_msgs'", name="nav_msgs"), "liquid_nav[ros]"),
    ],
)
def test_foreseeable_failures_are_one_line(command, error, expected):
    command(raising(error))
    result = run("try")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1


def test_bugs_keep_their_traceback(command):
    command(raising(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError):
        cli.app(["try"])


@pytest.mark.parametrize(
    ("outcome", "code"), [(typer.Exit(1), 1), (KeyboardInterrupt(), 130), (typer.Abort(), 130)]
)
def test_exit_codes(command, outcome, code):
    command(raising(outcome))
    assert run("try").exit_code == code


def test_a_command_that_cannot_be_imported_leaves_the_others_alone(monkeypatch):
    entries = (
        Entry("lost", "liquid_nav.cli.no_such_module", "Lost.", "liquid-nav lost"),
        *cli.ENTRIES,
    )
    monkeypatch.setattr(cli.LiquidNav, "entries", entries)
    assert run("--help").exit_code == 0
    result = run("lost")
    assert result.exit_code == 2
    assert "no 'lost' command" in result.stderr


def test_command_help_ends_with_an_example(command):
    command(raising(AssertionError("never called")))
    result = run("try", "--help")
    assert result.exit_code == 0
    assert "Example: liquid-nav try" in result.stdout


def test_a_group_without_a_subcommand_shows_its_help(monkeypatch):
    group = typer.Typer(no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("one")(lambda: None)
    group.command("two")(lambda: None)
    module = types.ModuleType("pretended_group")
    module.tools_app = group
    monkeypatch.setitem(sys.modules, "pretended_group", module)
    entry = Entry("tools", "pretended_group", "Tools.", "liquid-nav tools one")
    monkeypatch.setattr(cli.LiquidNav, "entries", (entry,))
    result = run("tools")
    assert "two" in result.stdout + result.stderr
    assert not result.stderr.startswith("error")
