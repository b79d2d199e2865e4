"""``python -m bridge.cli``, for Pythons whose scripts are not on the path."""

from bridge.cli.root import main

if __name__ == "__main__":
    main()
