"""`make up`, first half, and `make test`'s set-up: run by the system's Python, standard library only.

python3 hub_config/install.py                   make the environments of the house
python3 hub_config/install.py --test            and those of the tests
python3 hub_config/install.py in ENV PROGRAM …  run a program of an environment, wherever imagine.toml puts it
"""

import sys
from pathlib import Path

WANTED = (3, 11)


def main(arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - a Python of any age must get to the sentence
    """Refuses any other Python before a line is read that it might not understand."""
    if sys.version_info[:2] != WANTED:
        found = "%d.%d" % sys.version_info[:2]  # noqa: UP031
        print(
            "Python 3.11 is needed and %s is Python %s: install it (apt-get install python3.11 python3.11-venv), "  # noqa: UP031
            "or name one: make up PYTHON=/path/to/python3.11" % (sys.executable, found),
            file=sys.stderr,
        )
        return 1
    root = str(Path(__file__).resolve().parent.parent)
    sys.path[:] = [root] + [entry for entry in sys.path if Path(entry or ".").resolve() != Path(root, "hub_config")]
    from hub_config import installer

    if arguments[:1] == ["in"]:
        return installer.run(*arguments[1:])
    return installer.main(tests=arguments == ["--test"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))  # type: ignore[no-untyped-call]
