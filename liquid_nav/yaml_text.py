"""YAML as people write it: each key of a mapping once, and 5e-4 is a number."""

from __future__ import annotations

import re
from typing import Any

import yaml

_EXPONENT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.?|\.[0-9])[0-9]*[eE][-+]?[0-9]+$")
"""YAML 1.1 takes a number with an exponent, but without a point or without the exponent's sign, for
a text.
"""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML comes without types
    """Plain values only, and each key of a mapping once: of two equal keys PyYAML would silently
    take the last.
    """

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        """Raise ComposerError for a key that stands twice; keys that are merged from an anchor come
        later.
        """
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            written = (key.tag, str(key.value))
            if isinstance(key, yaml.ScalarNode) and key.value != "<<" and written in seen:
                raise yaml.composer.ComposerError(
                    None, None, f"the key '{key.value}' stands twice", key.start_mark
                )
            seen.add(written)
        return node


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _EXPONENT, list("-+0123456789."))


def parse_yaml(text: str) -> Any:
    """Return the value of a YAML text.

    Raises:
        yaml.YAMLError: The text is no YAML, is nested too deeply, or has a key twice, a date that
            does not exist, or a value that does not fit its tag.
    """
    try:
        return yaml.load(text, _Loader)
    except RecursionError:
        raise yaml.YAMLError("it is nested too deeply") from None
    except ValueError as error:
        # Dates and whole numbers that look like some: 2026-02-30.
        raise yaml.YAMLError(str(error)) from None
    except (AttributeError, LookupError):
        # PyYAML does not check what follows an explicit tag: "!!timestamp x", "!!bool x".
        raise yaml.YAMLError("a value does not fit its tag (!!...)") from None
