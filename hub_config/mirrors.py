"""What this machine's pip was told about where packages are, said to uv, which does not read pip's settings.

A machine with local wheels, a mirror or a certificate of its own works so, and nothing of it is written down here.
"""

import ast
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

SECTIONS = ("global", "install", ":env:")
"""Sections of pip's settings; a later one counts more."""


def variables(python: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables for uv and npm that stand for the settings of the pip of `python`.

    What the operator set for uv and npm in `environment` already is left alone.
    """
    said = _said(pip_settings(python, environment))
    for certificates in (environment.get("SSL_CERT_FILE"), said["SSL_CERT_FILE"]):
        said["NODE_EXTRA_CA_CERTS"] = said.get("NODE_EXTRA_CA_CERTS") or certificates or ""
    return {name: value for name, value in said.items() if value and name not in environment}


def pip_settings(python: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Pip's settings by name, as `pip config list` tells them; empty where there is no pip."""
    listed = subprocess.run(
        [python, "-m", "pip", "config", "list"],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in found:
            found[section][name] = str(ast.literal_eval(value))
    return {name: value for section in SECTIONS for name, value in found[section].items()}


def _said(pip: Mapping[str, str]) -> dict[str, str]:
    extra = _there(pip.get("extra-index-url", ""))
    return {
        "UV_FIND_LINKS": ",".join(_there(pip.get("find-links", ""))),
        "UV_DEFAULT_INDEX": " ".join(_there(pip.get("index-url", ""))[:1]),
        "UV_INDEX": " ".join(extra),
        # pip takes the best of all indexes; uv would stop at the first that knows the name
        "UV_INDEX_STRATEGY": "unsafe-best-match" if extra else "",
        "UV_NO_INDEX": "1" if pip.get("no-index", "").lower() in ("1", "true", "yes", "on") else "",
        "UV_CONSTRAINT": " ".join(_there(pip.get("constraint", ""))),
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
        "UV_HTTP_TIMEOUT": pip.get("timeout", pip.get("default-timeout", "")),
        "SSL_CERT_FILE": " ".join(_there(pip.get("cert", ""))),
        "HTTPS_PROXY": pip.get("proxy", ""),
    }


def _there(value: str) -> list[str]:
    """The locations in `value`, less folders and files that do not exist: uv stops at one, pip goes on."""
    return [location for location in value.split() if _exists(location)]


def _exists(location: str) -> bool:
    parts = urlsplit(location)
    if parts.scheme in ("", "file"):
        return Path(unquote(parts.path)).expanduser().exists()
    return True
