"""The one module that a widget sends to the browser, as `bundle` made it from the TypeScript beside the widget."""

from pathlib import Path

STATIC = Path(__file__).with_name("static")


def script(widget: str) -> str:
    """The bundle of `widget`. Raises FileNotFoundError with a sentence where it was never made."""
    try:
        return (STATIC / f"{widget}.js").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"The script of the widget {widget} is not made here yet ({error.filename}): run make up, "
            "or: python -m imagine_widgets.bundle"
        ) from error
