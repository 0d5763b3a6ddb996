"""A zip of pictures → samples that are read out of the zip; nothing of it is ever unpacked to disk."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipInfo

from imagine_kernels import images
from imagine_kernels.images import zip_members
from imagine_kernels.records import Collection, Skipped
from imagine_kernels.sources.folder import Entry, collect, encodable, wanted


def read_archive(path: Path, *, limit: int | None = None) -> Collection:
    """The pictures in a zip, by name. Raises ValueError with a sentence where it is no zip, or a zipped FlowCam run."""
    members = zip_members.members(str(path))
    if any(member.filename.lower().endswith(".lst") for member in members):
        raise ValueError(f"{images.named(path)} holds a raw FlowCam run. Unpack it and open the folder.")
    skipped: list[Skipped] = []
    entries = sorted(_entries(path, members, skipped), key=lambda entry: entry.name)
    return collect(entries, skipped, limit=limit)


def _entries(path: Path, members: list[ZipInfo], skipped: list[Skipped]) -> Iterator[Entry]:
    seen: set[str] = set()
    for member in members:
        name = member.filename
        if not wanted(name) and ".." not in name:
            continue
        why = zip_members.refusal(member)
        if name in seen:
            why = "lies in the archive twice; the later one is read."
        elif not encodable(name):
            why = "has a broken name. Rename it and pack the archive again."
        if why is None:
            yield Entry(name, f"{path}{zip_members.MARK}{name}", _changed(member))
        else:
            skipped.append(Skipped(f"{images.named(path)}{zip_members.MARK}{_shown(name)}", f"{_shown(name)} {why}"))
        seen.add(name)


def _shown(name: str) -> str:
    return "/".join(images.named(part) for part in name.split("/"))


def _changed(member: ZipInfo) -> str:
    try:
        return datetime(*member.date_time, tzinfo=UTC).isoformat(timespec="milliseconds")
    except ValueError:  # archives made without dates hold month 0
        return "1980-01-01T00:00:00.000+00:00"
