"""The addresses of tiles on a person's Jupyter server: `imagine-tiles/ping`, and one for each tile of a signed picture.

An extension of jupyter_server. Nothing here decodes a picture, and nothing runs before the first tile is asked for.
"""

import asyncio
import contextlib
import math
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from imagine_widgets.tile_server import signing
from imagine_widgets.tile_server.making import Answer, Makings

PLACE = r"([0-9a-f]{64})/([0-9]{1,3})/([0-9]{1,8})_([0-9]{1,8})"


class Ping(APIHandler):  # type: ignore[misc]
    """Tells a page that tiles may be asked for here; asking is no sign that somebody works."""

    auth_resource = "contents"
    _track_activity = False

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answers nothing but that it is here; with `source` it makes ready for the tiles of that picture."""
        with contextlib.suppress(OSError, ValueError):
            source = await asyncio.to_thread(signing.find, self.get_query_argument("source", ""))
            self.settings["imagine_tiles"].prepare(source)
        self.finish({"tiles": 1})


class Tile(APIHandler):  # type: ignore[misc]
    """One tile of a picture that a kernel of this person shows."""

    auth_resource = "contents"
    _wish: Answer | None = None
    _is_gone = False

    @web.authenticated
    @authorized
    async def get(self, name: str, *place: str) -> None:
        """Answers a JPEG, or a sentence: 400, 403, 404, 503."""
        look = _look(self.get_query_argument("look", ""))
        try:
            source = await asyncio.to_thread(signing.find, name)
            if self._is_gone:
                return  # she looks elsewhere
            self._wish = self.settings["imagine_tiles"].ask(source, [int(number) for number in place], look)
            tile = await self._wish
        except asyncio.CancelledError:
            return
        except BlockingIOError as error:
            raise web.HTTPError(503, str(error)) from None
        except PermissionError as error:
            raise web.HTTPError(403, str(error)) from None
        except (OSError, ValueError) as error:
            raise web.HTTPError(404, str(error)) from None
        self.set_header("Cache-Control", "private, max-age=3600")  # its address holds all that makes it so
        self.finish(tile, set_content_type="image/jpeg")

    def on_connection_close(self) -> None:
        """Nobody waits any more."""
        super().on_connection_close()
        self._is_gone = True
        if self._wish:
            self._wish.cancel()

    def compute_etag(self) -> None:
        """The address itself tells."""


def _look(told: str) -> list[float]:
    """Dark, bright and gamma. Raises HTTPError 400."""
    numbers: list[float] = []
    with contextlib.suppress(ValueError):
        numbers = [float(number) for number in told.split(",")]
    if len(numbers) != 3 or not all(map(math.isfinite, numbers)) or numbers[2] <= 0:
        raise web.HTTPError(400, "A tile is asked for with ?look=dark,bright,gamma.")
    return numbers


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:  # noqa: ANN401 - jupyter_server's ServerApp
    """Adds both addresses."""
    app = server.web_app
    app.settings["imagine_tiles"] = Makings()
    base = url_path_join(app.settings["base_url"], "imagine-tiles")
    app.add_handlers(".*$", [(url_path_join(base, "ping"), Ping), (url_path_join(base, PLACE), Tile)])
