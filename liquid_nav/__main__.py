"""``python -m liquid_nav``: the command ``liquid-nav`` where it is not on PATH."""

from liquid_nav.cli import main

if __name__ == "__main__":
    main()
