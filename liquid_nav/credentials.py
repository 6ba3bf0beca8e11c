"""Passwords and passphrases: where they come from, and how they stay out of logs and messages.

No ROS in here. Every node on the graph can read a ROS parameter (``ros2 param get``,
``/parameter_events``), so a parameter names where a secret is (a file, a variable), and never holds
it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from liquid_nav.errors import UserError

PASSPHRASE_VARIABLE = "LIQUID_NAV_SIGNING_PASSPHRASE"
"""Environment variable that may hold the MAVLink signing passphrase."""
PASSPHRASE_PARAMETER = "signing_passphrase_file"
"""Parameter that may name the file with the MAVLink signing passphrase."""
MASK = "***"
"""What stands in a text where a secret was."""

_OTHERS = 0o077
"""Permission bits of a file for all users but its owner."""

_VARIABLE = re.compile(r"\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)\})?")

_USER_INFO = re.compile(
    r"""
    (?<=://)
    (?:
        [^\s/?#]*                               # user:password, as the standard has it
    |
        [^\s/?#:]*:(?!\d*(?:[/?#\s]|$))\S*      # a '/', '?' or '#' in the password, not encoded
    )
    @
    """,
    re.VERBOSE,
)
_URL = re.compile(r"[A-Za-z][\w+.-]*://\S*")
# The end of a name is enough: api_key, accessToken, loginpas. Punctuation after the address stays.
_URL_PARAMETER = re.compile(
    r"""
    (?P<name>(?:password|passwd|passphrase|pass|pas|pwd|pw|token|key|secret|auth)=)
    [^&\s]+?
    (?=[:,.;)\]'"]*(?:&|\s|$))
    """,
    re.VERBOSE | re.IGNORECASE,
)
# As gst-launch reads a value: a type in brackets, parts in quotes, characters after a backslash.
_PROPERTY = re.compile(
    r"""
    (?<![\w\-?&;/=])                          # not a parameter of a URL
    (?P<name>(?:user-id|user-pw|proxy-id|proxy-pw|password|passphrase|access-key|secret-key)\s*=\s*)
    (?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|\S)+
    """,
    re.VERBOSE | re.IGNORECASE,
)


def read_passphrase(path: str, environment: Mapping[str, str]) -> str:
    """Return the MAVLink signing passphrase, from a file or from the environment.

    Args:
        path: The file that holds it in one line, readable by its owner only; empty: no file.
        environment: Where ``LIQUID_NAV_SIGNING_PASSPHRASE`` may be set.

    Returns:
        The passphrase without the newline at its end; empty when neither of the two is given.

    Raises:
        UserError: both are given; the file cannot be read, is readable by others or is no text;
            either holds no passphrase or more than one line.
    """
    held = environment.get(PASSPHRASE_VARIABLE)
    if path and held is not None:
        raise UserError(
            f"the signing passphrase is given twice: by {PASSPHRASE_PARAMETER} and by "
            f"{PASSPHRASE_VARIABLE}",
            "give only one of them",
        )
    if path:
        return _one_line(_read_private(os.path.expanduser(path)), f"the file {path}")
    if held is not None:
        return _one_line(held, f"the variable {PASSPHRASE_VARIABLE}")
    return ""


def _read_private(path: str) -> str:
    try:
        # Checked first: opening a pipe would wait for a process that writes into it.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UserError(
                f"the signing passphrase cannot be read from {path}: it is not a regular file",
                f"set {PASSPHRASE_PARAMETER} to a file with the passphrase in it",
            )
        with Path(path).open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & _OTHERS:
                raise UserError(
                    f"the signing passphrase in {path} is open to other users (mode {mode:04o})",
                    f"chmod 600 {path}, and choose a new passphrase if they may have read it",
                )
            return file.read().decode()
    except OSError as error:
        raise UserError(
            f"cannot read the signing passphrase from {path}: {error.strerror}",
            f"set {PASSPHRASE_PARAMETER} to a file that this user may read",
        ) from error
    except UnicodeDecodeError:
        # Without the cause: it quotes the bytes.
        raise UserError(
            f"the signing passphrase in {path} is not UTF-8 text",
            "write the passphrase into it with an editor",
        ) from None


def _one_line(text: str, place: str) -> str:
    passphrase = text.removesuffix("\n").removesuffix("\r")
    if not passphrase:
        raise UserError(
            f"{place} holds no signing passphrase: it is empty",
            "write one into it, or leave it out to fly without signatures",
        )
    if "\n" in passphrase:
        raise UserError(
            f"{place} holds more than one line, so which one is the signing passphrase?",
            "leave the passphrase alone in it",
        )
    return passphrase


def expand(source: str, environment: Mapping[str, str]) -> str:
    """Return a camera's source with every ``${NAME}`` replaced from the environment.

    Args:
        source: A device, address, pipeline or file; the value of a variable is not expanded again.
        environment: The variables.

    Raises:
        UserError: a variable is not set, or a ``${`` is not followed by a name and ``}``.
    """

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            raise UserError(
                "the camera's source has a '${' that no variable follows",
                "write ${NAME}, with letters, digits and underscores in the name",
            )
        if name not in environment:
            raise UserError(
                f"the camera's source needs the environment variable {name}, which is not set",
                f"export {name} where the camera node is started, or leave ${{{name}}} out",
            )
        return environment[name]

    return _VARIABLE.sub(value, source)


def redact(text: str) -> str:
    """Return a text in which every secret of an address or a pipeline is replaced by ``***``.

    That is: user and password of every URL; URL parameters whose names end in password, passphrase,
    pass, pwd, token, key, secret, auth or the like; GStreamer properties such as ``user-id`` and
    ``user-pw``. The rest stays.

    Args:
        text: Anything that may hold a camera's source: one itself, a message, an error.
    """
    hidden = _USER_INFO.sub(f"{MASK}@", text)
    hidden = _URL.sub(lambda url: _URL_PARAMETER.sub(_masked, url[0]), hidden)
    return _PROPERTY.sub(_masked, hidden)


def _masked(match: re.Match[str]) -> str:
    return f"{match['name']}{MASK}"
