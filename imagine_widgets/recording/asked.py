"""What a person asked a widget to show → the file and its sample; what cannot be meant is refused in a sentence."""

from pathlib import Path

from imagine_kernels.records import Sample


def file_of(asked: object, widget: str) -> Path:
    """The file behind a sample or a path. Raises TypeError, ValueError or OSError with a sentence."""
    if isinstance(asked, Sample):
        if asked.crop is not None:
            raise ValueError(f"{widget} shows whole files, and {asked.id} is a part of {asked.uri}.")
        asked = asked.uri.removeprefix("file://")
    if not isinstance(asked, str | Path):
        raise TypeError(f"{widget} shows a sample or the path of a file, not a {type(asked).__name__}.")
    if "!/" in str(asked):
        raise ValueError(f"{asked} lies in an archive: unpack it, then show the file.")
    path = Path(asked).expanduser().absolute()
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file in it.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    return path


def sample_of(asked: object, path: Path, width: int, height: int) -> Sample:
    """The sample that was asked for; of a path, one named as the file is."""
    return asked if isinstance(asked, Sample) else Sample(path.name, str(path), width, height)
