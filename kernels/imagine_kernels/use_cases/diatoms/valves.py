"""The model that finds valves on a field: facts of a network of pixels, taught on drawn fields."""

from imagine_kernels.use_case import SEGMENTATION, Figure, Label, Model, Profile, Source

OUTLINE = "outline"
_HELD = "12 drawn fields of 3 other slides"

VALVES = Model(
    name="valves",
    title="Valves on a field",
    architecture="mobilenetv4_conv_small_035",
    options={
        "decoder_channels": (80, 48, 32, 16, 8), "rim": OUTLINE, "widen": 3, "core": 1, "reach": 12, "least": 500,
        "shape": "rotated_box",
    },
    labels=(
        Label("valve", "Valve", None, None, "1", "A diatom's valve or girdle, whole, broken or cut off"),
        Label(OUTLINE, "Outline of a valve", None, None, "2", "Its rim, which parts valves that touch", counted=False),
    ),
    profile=Profile(256, "grey", (0.5, 0.5, 0.5), (0.08, 0.08, 0.08), pixel_size_um=0.2),
    weights="valves.safetensors",
    sha256="47d180fac7200ff7944ab81d93bbedcd39910a876db03bd9a9d84b7d7433bb83",
    source=Source(
        title="Fields of diatom slides drawn by this use case's sample maker",
        licence="Apache-2.0",
        citation=(
            "imagine-aquatic: fields of diatom slides drawn by code (use_cases/diatoms/samples.py), built after the "
            "descriptions of Krammer, K., & Lange-Bertalot, H. (1986-1991), Süßwasserflora von Mitteleuropa 2/1-4."
        ),
        url="https://diatoms.org",
    ),
    figures=(
        Figure("precision of valves", 0.92, 12, _HELD),
        Figure("recall of valves", 0.909, 12, _HELD),
        Figure("mean IoU", 0.848, 12, _HELD),
    ),
    command="imagine train diatoms drawn_fields --model valves --scratch --epochs 155",
    reject_below=0.85,
    task=SEGMENTATION,
)  # fmt: skip
