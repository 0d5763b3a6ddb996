"""ZooScan zooplankton: which organism each object of a scan is, how many and how large they are in a cubic metre.

Data sheet of `zooscan`
    What       four groups of zooplankton, and what is not alive, as a ZooScan sees them at 2400 dpi, 0.3 to 3.4 mm
    Data       drawn: 2,100 vignettes made by this use case's sample maker, 300 a class; a fifth show a piece of a
               neighbour that touched. No photograph was used: the real sets at hand (UVP6, ZooScanNet, ZooProcess) may
               be trained on by you, and their licences (GPL, non-commercial) do not allow weights to be given on
    Size       1.3 million weights, 2.5 MB; grey squares of 64 pixels around the object's middle, at its own size and
               at 3 and 9 pixels to the pixel, so that size counts
    Licence    Apache-2.0
    Citation   imagine-aquatic: sample maker of the zooplankton use case (use_cases/zooplankton/samples.py)
    Training   python -c "from imagine_kernels.use_cases.zooplankton import samples; samples.make_images('drawn', 2100)"
               imagine train zooplankton drawn --model zooscan --scratch --epochs 24 --back-off 0.02
    Figure     macro-F1 0.971, accuracy 0.971 on 420 drawn pictures held out by seed: pictures by the same hand, so they
               tell that the chain works, not how well it knows the sea. In three drawn scans of their own: of 221
               organisms lying alone none got another's name, 3 were called Animalia, 7 "none of these"; of 35 pieces
               of separated ones 5 got a wrong name, mostly where a tail was parted from its body. Of a whole drawn
               scan (14000 × 22000 pixels, 1,397 organisms) all seven classes lay in their estimates' intervals, and the
               slope of the size spectrum was -1.06 (-1.31 to -0.80) for one drawn as -1; within 730 MB of memory
    Real ones  what it says to the 14 ZooScan vignettes at hand, which it never saw: both Calanidae are Copepoda; of two
               Chaetognatha one is, the other "none of these"; of four nauplii three are Copepoda; two larger
               crustaceans are fiber and "none of these"; four without a label are not judged
    Scores     calibration by temperature; below 0.84 it falls back to Animalia or not-living, then to "none of these"
    AphiaIDs   of the World Register of Marine Species, https://www.marinespecies.org
    Limits     a demonstration that finds, measures and counts in earnest, and names few: whatever it is, it gets one of
               these names or none. Teach it with validated EcoTaxa vignettes of your own net before you believe the
               composition. Pictures of a UVP (light on dark, 73 µm) are beyond it: all of them are "fiber" to it, and
               the chain says so. Larger than some 2 mm across it has seen little
"""

from imagine_kernels.use_case import Figure, Label, Model, Profile, Source, UseCase

_DRAWN = Source(
    title="drawn: 2,100 ZooScan vignettes of this use case's own sample maker",
    licence="Apache-2.0",
    citation="imagine-aquatic: sample maker of the zooplankton use case (use_cases/zooplankton/samples.py).",
    url="https://www.apache.org/licenses/LICENSE-2.0",
)
_ANIMAL, _DEAD = "Animalia", "not-living"

_ZOOSCAN = Model(
    name="zooscan",
    title="ZooScan, four groups and what is not alive",
    architecture="resnet10t",
    options={"channels": (32, 64, 128, 256), "stem_width": 16},
    labels=(
        Label("Copepoda", "Copepods", 1080, "class", "1", "Oval dark body, thin tail, two long antennae", (_ANIMAL,)),
        Label("Chaetognatha", "Arrow worms", 2081, "phylum", "2", "Long, straight and clear; dark head", (_ANIMAL,)),
        Label("Hydrozoa", "Hydrozoans", 1337, "class", "3", "Clear round bell with canals", (_ANIMAL,)),
        Label("Appendicularia", "Larvaceans", 146421, "class", "4", "Small dark trunk, broad pale tail", (_ANIMAL,)),
        Label("detritus", "Detritus", None, None, "5", "Ragged, uneven flakes", (_DEAD,), counted=False),
        Label("fiber", "Fibres", None, None, "6", "Thin, even, bent threads", (_DEAD,), counted=False),
        Label("bubble", "Bubbles", None, None, "7", "Dark ring, bright middle", (_DEAD,), counted=False),
    ),
    profile=Profile(64, "grey", (0.667,) * 3, (0.25,) * 3, pixel_size_um=10.583, views=(1.0, 3.0, 9.0)),
    weights="zooscan.safetensors",
    sha256="8382d4197a3292e70e34e7fcdbee4e1e5c00f0e75d3269530183bcd1cfda833d",
    source=_DRAWN,
    figures=(
        Figure("macro-F1", 0.971, 420, "420 of 2100 drawn pictures held out, each class its share"),
        Figure("accuracy", 0.971, 420, "420 of 2100 drawn pictures held out, each class its share"),
    ),
    command="imagine train zooplankton drawn --model zooscan --scratch --epochs 24 --back-off 0.02",
    temperature=0.4639,
    back_off=0.84,
    confusion=(
        (54, 0, 0, 0, 0, 0, 0, 4, 0, 2),
        (0, 55, 0, 0, 0, 0, 0, 3, 0, 2),
        (0, 0, 60, 0, 0, 0, 0, 0, 0, 0),
        (1, 4, 0, 45, 1, 0, 0, 5, 0, 4),
        (0, 0, 0, 0, 52, 0, 0, 0, 1, 7),
        (0, 0, 0, 0, 0, 58, 0, 0, 1, 1),
        (0, 0, 0, 0, 0, 0, 60, 0, 0, 0),
    ),
    taxa=(
        Label("Animalia", "Animals, of which group is unsure", 2, "kingdom"),
        Label("not-living", "Not alive, of which kind is unsure", counted=False),
    ),
)

USE_CASE = UseCase(
    name="zooplankton",
    title="Zooplankton",
    summary="Finds the animals of ZooScan scans, names and measures them, and counts them per cubic metre.",
    sample="image",
    models=(_ZOOSCAN,),
    picture="picture.png",
    notebook="zooplankton.ipynb",
    measures=("concentration", "biovolume", "size spectrum"),
    licence="Apache-2.0",
    citation=_DRAWN.citation,
)
