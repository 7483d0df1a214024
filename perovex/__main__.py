"""``python -m perovex`` is the command ``perovex``."""

from perovex.cli.main import main

if __name__ == "__main__":
    main()
