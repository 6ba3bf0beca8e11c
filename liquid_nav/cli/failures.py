"""Errors of the command line: one line with the cause and the remedy, without a traceback.

Exit codes: 2 for bad input or an incomplete installation, 130 after Ctrl-C, 141 when a pipe was
closed early. With ``LIQUID_NAV_DEBUG=1`` the traceback is shown.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from typing import Any, Iterator

import typer

from liquid_nav.errors import UserError

BAD_INPUT = 2
INTERRUPTED = 130
PIPE_CLOSED = 141

# Import name -> extra of setup.py that brings it.
EXTRA_OF = {
    "av": "sim",
    "cv2": "core",
    "dask": "cluster",
    "distributed": "cluster",
    "h5py": "import",
    "jinja2": "report",
    "lightning": "train",
    "matplotlib": "report",
    "mujoco": "sim",
    "llvmlite": "fast",
    "numba": "fast",
    "onnx": "deploy",
    "onnxruntime": "deploy",
    "PIL": "report",
    "pymavlink": "flight",
    "rclpy": "ros",
    "rosbags": "sim",
    "safetensors": "core",
    "tensorboard": "train",
    "torchdiffeq": "dev",
    "ncps": "dev",
}


def missing_package(error: ModuleNotFoundError) -> UserError | None:
    """Return the error that names the extra to install; None for a module that is no dependency."""
    package = (error.name or "").partition(".")[0]
    extra = EXTRA_OF.get(package)
    if package.endswith(("_msgs", "_srvs")):
        extra = "ros"
    if extra is None:
        return None
    return UserError(
        f"the Python package '{package}' is not installed",
        f"run make setup, or pip install 'liquid_nav[{extra}]'",
    )


@contextmanager
def explain() -> Iterator[None]:
    """Print foreseeable failures of the block in one line and exit with their code.

    Any other exception is a bug and passes through.
    """
    try:
        yield
    except (KeyboardInterrupt, typer.Abort):
        _leave("interrupted", INTERRUPTED)
    except typer.Exit as request:
        raise SystemExit(request.exit_code) from None
    except UserError as error:
        _leave(str(error), BAD_INPUT)
    except ModuleNotFoundError as error:
        known = missing_package(error)
        if known is None:
            raise
        _leave(str(known), BAD_INPUT)
    except OSError as error:
        if error.errno == errno.EPIPE:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(PIPE_CLOSED) from None
        if error.filename is None:
            raise
        reason = (error.strerror or "cannot be used").lower()
        _leave(
            f"{error.filename}: {reason}. Check the path, its permissions and the free space",
            BAD_INPUT,
        )
    except Exception as error:
        # The command line's own errors (unknown option, bad value), from Typer or, in old releases,
        # from Click.
        if not hasattr(error, "format_message"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), file=sys.stderr)
            raise SystemExit(BAD_INPUT) from None
        _leave(_usage(error.format_message(), getattr(error, "ctx", None)), BAD_INPUT)


def _usage(message: str, context: Any) -> str:
    """Return the message with the help to look at; ``context``: that of Typer, None without one."""
    path = context.command_path if context is not None else "liquid-nav"
    return f"{message.rstrip('.')}. See: {path} --help"


def _leave(message: str, code: int) -> None:
    if os.environ.get("LIQUID_NAV_DEBUG"):
        raise  # noqa: PLE0704 - called from an except block only
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(code) from None
