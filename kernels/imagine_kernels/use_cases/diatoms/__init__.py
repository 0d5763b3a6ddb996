"""Diatoms: fields of a slide become named and counted valves, with OMNIDIA codes, and a diatom index of the water.

Data sheet of `diatoms`
    What       valves of 13 freshwater species of 10 genera, and debris, as a light microscope shows them: grey pictures
               of 0.1 µm per pixel, one valve each. Where it is unsure of the species it names genus, family, order or
               class, else none of these
    Data       2,100 pictures drawn by this use case's sample maker, 150 a class, after the shapes, sizes and striae
               that the floras give: python -c "from imagine_kernels.use_cases.diatoms import samples;
               samples.make_images('drawn_valves', 2100)"
    Size       1.2 million weights, 2.5 MB; two grey squares of 72 pixels around the valve's middle, of 0.2 and 0.6 µm
               per pixel
    Licence    Apache-2.0, as the sample maker
    Citation   imagine-aquatic: diatom valves drawn by code, built after Krammer, K., & Lange-Bertalot, H. (1986-1991),
               Süßwasserflora von Mitteleuropa 2/1-4, and https://diatoms.org
    Training   imagine train diatoms drawn_valves --model diatoms --scratch --variety 0.5 --epochs 36 --back-off 0.05
               Three minutes on one core
    Figure     macro-F1 0.916, accuracy 0.917 on 420 drawn valves held out, each drawn by itself: no two of one cell.
               The species is named for 90 % of the valves; of all names given, higher taxa included, 96 % hold
               the true species
    Codes      OMNIDIA's, as in the list of acronyms of the R package diathor (https://doi.org/10.32614/CRAN.package.diathor)
    Limits     it has never seen a real valve: it is for practice and for teaching on. Everything is one of 13 species
               or a taxon above them, and the hundreds of others of a river are called by what they resemble. Of the
               12 real pictures genus_sample (scale not told, some by electron microscope) it named a species for 9,
               none of the right genus, and the class for 3. No weights were made from these nor from diamorph_fields
               (no licence stated; AGPL)

Data sheet of `valves`
    What       the valves of a field, each as a box along it, touching ones apart. Every pixel, of 0.2 µm, is a valve's
               inside, its outline or neither; what holds together inside is a valve and takes the outline nearest to it
    Data       64 fields drawn by this use case's sample maker, with masks: samples.make_fields(f"drawn_fields/{slide}",
               8, slide, valves=20 - 6 * (slide % 2), touching=0.25) for the slides 100 to 107; 51 teach
    Size       0.6 million weights, 1.3 MB; tiles of 256 pixels, a field of any size
    Licence    Apache-2.0, as the sample maker
    Citation   as `diatoms`
    Training   in three goes of 60, 45 and 50 epochs; imagine train diatoms drawn_fields --model valves --scratch
               --epochs 155 does the like in one. Half an hour on a busy core
    Figure     precision 0.920 [0.87-0.95], recall 0.909 [0.86-0.95] of boxes at an overlap of 0.5, mean overlap of what
               is found 0.86, mean IoU of pixels 0.848, on 12 drawn fields of the slides 910 to 912, 165 valves, those
               that the edge cuts included. Least size and score were chosen on fields of the slides 900 to 902
    Limits     taught on drawn fields alone. Of the one real field at hand (diamorph_fields/43.png, 0.2 µm per pixel
               assumed, judged by eye) it boxes 13 of some 17 valves; 5 of its 19 boxes hold debris, a loop of thread or
               a heap. It misses small cut ones and splits blurred ones. Look at what it found
Fields     Of the valves that a field's edge cuts, those at the left and the upper edge are counted (Gundersen, H. J. G.
           (1977), J. Microsc. 111:219-223), where they can be named to species
           Of 279 whole valves on 34 drawn fields of a slide that taught nothing 89 % were found; of these 83 % were
           given their species, 10 % no more than a taxon above it, 7 % a wrong name. The intervals of all 13 corrected
           shares and of the index held the true ones
Index      `index.py`: IPS or IBD from a table of values that a person gives. OMNIDIA's and the
           standards' tables are theirs, and not here; the practice table's numbers are made up
"""

from dataclasses import replace

from imagine_kernels.use_case import Figure, Label, Model, Profile, Source, UseCase
from imagine_kernels.use_cases.diatoms.confused import CONFUSED
from imagine_kernels.use_cases.diatoms.taxa import DEBRIS, GENERA, TAXA
from imagine_kernels.use_cases.diatoms.valves import VALVES

_KEYS = "123456789abcdefghijklmnop"
_RANKS = ("genus", "family", "order", "class")

_MADE = Source(
    title="Diatom valves drawn by this use case's sample maker",
    licence="Apache-2.0",
    citation=(
        "imagine-aquatic: diatom valves drawn by code (use_cases/diatoms/samples.py), built after the descriptions of "
        "Krammer, K., & Lange-Bertalot, H. (1986-1991), Süßwasserflora von Mitteleuropa 2/1-4, and of "
        "https://diatoms.org."
    ),
    url="https://diatoms.org",
)

_SPECIES = tuple(
    Label(t.name, f"{t.name} ({t.code})", None, "species", key, t.about, t.parents, (("omnidia", t.code),))
    for t, key in zip(TAXA.values(), _KEYS, strict=False)
)
_DEBRIS = Label(DEBRIS, "Debris", None, None, "x", "Grains, splinters and threads: no valve", counted=False)
_HIGHER = {name: rank for taxon in TAXA.values() for name, rank in zip(taxon.parents, _RANKS, strict=True)}

_FACTS = Model(
    name="diatoms",
    title="Freshwater diatoms, 13 species of 10 genera",
    architecture="resnet10t",
    options={"channels": (32, 64, 128, 256), "stem_width": 16},
    labels=(*_SPECIES, _DEBRIS),
    taxa=tuple(
        Label(name, f"{name} ({rank})", None, rank, codes=(("omnidia", GENERA[name]),) if name in GENERA else ())
        for name, rank in _HIGHER.items()
    ),
    profile=Profile(72, "grey", (0.667, 0.667, 0.667), (0.12, 0.12, 0.12), pixel_size_um=0.1, views=(2.0, 6.0)),
    weights="diatoms.safetensors",
    sha256="2c0403987cff84cf3b0349e9668633079692a16b41770539ae818761750e9dd0",
    source=_MADE,
    figures=(
        Figure("macro-F1", 0.916, 420, "420 of 2100 pictures held out, each class its share"),
        Figure("accuracy", 0.917, 420, "420 of 2100 pictures held out, each class its share"),
    ),
    command="imagine train diatoms drawn_valves --model diatoms --scratch --variety 0.5 --epochs 36 --back-off 0.05",
    temperature=0.5765,
    back_off=0.6544,
)

_NAMER = replace(
    _FACTS,
    confusion=tuple(tuple(CONFUSED[label.name].get(name, 0) for name in _FACTS.names) for label in _FACTS.labels),
)

USE_CASE = UseCase(
    name="diatoms",
    title="Diatoms",
    summary="Finds the valves on fields of a slide, names and counts them, and tells the diatom index of the water.",
    sample="image",
    models=(_NAMER, VALVES),
    picture="picture.png",
    notebook="diatoms.ipynb",
    measures=("share", "index"),
    licence="Apache-2.0",
    citation=_MADE.citation,
)
