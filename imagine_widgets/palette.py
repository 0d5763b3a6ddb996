"""Colours of classes that colour-blind people tell apart; the widgets and their still pictures take them from here."""

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#606c73")
"""Okabe and Ito (2008), with grey for their black: it must show on dark pages too."""

_GAP = "rgba(255,255,255,.82)"
_PATTERNS = (
    "{colour}",
    f"repeating-linear-gradient(45deg,{{colour}} 0 3px,{_GAP} 3px 5px)",
    f"radial-gradient({_GAP} 1.6px,transparent 2px) 0 0/6px 6px,{{colour}}",
    f"repeating-linear-gradient(90deg,{{colour}} 0 3px,{_GAP} 3px 5px)",
    f"repeating-linear-gradient(0deg,{{colour}} 0 3px,{_GAP} 3px 5px)",
    f"linear-gradient(135deg,{{colour}} 50%,{_GAP} 50%)",
)


def background(index: int) -> str:
    """The CSS background of the class at `index`: eight colours plain, then the same striped, dotted, barred, halved.

    Past 48 classes they repeat: a swatch never stands without its label's text.
    """
    pattern = _PATTERNS[index // len(COLOURS) % len(_PATTERNS)]
    return pattern.format(colour=COLOURS[index % len(COLOURS)])
