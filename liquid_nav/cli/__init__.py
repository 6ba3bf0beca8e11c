"""The ``liquid-nav`` command: thin, lazily loaded subcommands over the subpackages."""
