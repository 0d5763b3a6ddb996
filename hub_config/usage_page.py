"""Pages of the hub about what is used: /hub/usage for people and admins, /hub/cards for the start page's panel."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from jupyterhub.handlers.base import BaseHandler
from tornado import web

from hub_config import usage_table
from hub_config.leases import client
from hub_config.settings import Settings

DAYS = 30
"""So far back the page looks when nobody says otherwise."""


class _Asking(BaseHandler):  # type: ignore[misc]
    """What the pages share: who is asking, and what may be told to them."""

    settings_of_house: Settings

    @property
    def sees_all(self) -> bool:
        """Whether it is an admin, who sees everybody's figures."""
        return "admin-ui" in self.parsed_scopes

    def day(self, name: str, otherwise: date) -> date:
        """A day of the query. Raises HTTPError with a sentence for what is none."""
        given = self.get_argument(name, "")
        try:
            return date.fromisoformat(given) if given else otherwise
        except ValueError as error:
            raise web.HTTPError(400, "%s", f"{given[:20]!r} is not a day: write it as 2026-01-31.") from error

    async def used(self) -> tuple[list[Mapping[str, Any]], date, date]:
        """The records that the asker may see, and the days asked for."""
        end = self.day("to", datetime.now(UTC).date())
        begin = self.day("from", end - min(timedelta(days=DAYS), end - date.min))
        try:
            rows = await asyncio.to_thread(client.usage, self.settings_of_house, begin.isoformat())
        except OSError as error:
            raise web.HTTPError(503, "%s", str(error)) from error
        mine = rows if self.sees_all else [row for row in rows if row["user"] == self.current_user.name]
        return usage_table.within(mine, begin, end), begin, end


class UsagePage(_Asking):
    """A table of what was used, added up by person, group, use case or day."""

    @web.authenticated
    async def get(self) -> None:
        """Renders usage.html."""
        by = self.get_argument("by", "user" if self.sees_all else "day")
        if by not in usage_table.BY:
            raise web.HTTPError(400, "%s", f"Figures are added up by {', '.join(usage_table.BY)}, not by {by[:20]!r}.")
        rows, begin, end = await self.used()
        lines = usage_table.sums(rows, by)
        html = await self.render_template(
            "usage.html",
            lines=lines,
            most=usage_table.most(lines),
            total=usage_table.total(rows),
            by=by,
            choices_by=usage_table.BY,
            begin=begin.isoformat(),
            end=end.isoformat(),
            sees_all=self.sees_all,
        )
        self.finish(html)


class UsageFile(_Asking):
    """The same records as a file."""

    @web.authenticated
    async def get(self) -> None:
        """Sends them as CSV."""
        rows, begin, end = await self.used()
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="usage-{begin}-{end}.csv"')
        self.set_header("Cache-Control", "no-store")
        self.finish(usage_table.as_csv(rows))


class CardsNow(_Asking):
    """Who holds which graphics card and who waits, for the panel of the start page."""

    async def get(self) -> None:
        """Answers JSON; a broker that is not there means that there is nothing to show."""
        if not self.current_user:
            raise web.HTTPError(403)
        try:
            state = await asyncio.to_thread(client.state, self.settings_of_house)
        except OSError:
            state = {"cards": [], "leases": [], "queue": []}
        self.set_header("Cache-Control", "no-store")
        self.finish(panel(state, self.current_user.name, time.time()))


def panel(state: Mapping[str, Any], user: str, now: float) -> dict[str, object]:
    """What the panel shows of the broker's `state`; times are seconds before `now`."""

    def person(one: Mapping[str, Any]) -> dict[str, object]:
        shown = {"user": one["user"], "mine": one["user"] == user, "use_case": one["use_case"]}
        return {**shown, "seconds": max(0.0, now - one["since"])}

    cards = state["cards"]
    return {
        "shares": sum(card["shares"] for card in cards),
        "free": sum(card["free"] for card in cards),
        "pretend": any(card["pretend"] for card in cards),
        "holders": [{**person(one), "cards": list(one["cards"])} for one in state["leases"]],
        "line": [{**person(one), "place": one["place"]} for one in state["queue"]],
    }


def apply(c: Any, settings: Settings) -> None:  # noqa: ANN401
    """Adds the pages to the hub."""
    pages = {r"/usage": UsagePage, r"/usage\.csv": UsageFile, r"/cards": CardsNow}
    c.JupyterHub.extra_handlers = [
        (path, type(page.__name__, (page,), {"settings_of_house": settings})) for path, page in pages.items()
    ]
