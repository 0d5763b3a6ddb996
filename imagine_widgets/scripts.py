"""Several script files become the one module that a widget sends to the browser."""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import [^;]*? from "\./[^"]+";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(async )?(function|class|const|let) )", re.MULTILINE)


def joined(*names: str) -> str:
    """The files `names` of this folder, in order, as one ES module: their imports of one another fall away.

    Names at the top of these files must differ. The last file holds `export default`.
    """
    folder = Path(__file__).parent
    texts = [(folder / name).read_text(encoding="utf-8") for name in names]
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)
