"""Phytoplankton: which organism each particle of a FlowCam run or IFCB bin is, how large, how many in a litre.

Data sheet of `north_sea`
    What       six groups of North Sea plankton as a FlowCam VS-4 sees them at 4x, 55-300 µm, fixed in Lugol
    Data       vliz_flowcam: 54 pictures, 7 to 12 a class, cut from the collages; one label each. Before them, 1,200
               pictures drawn by this use case's sample maker
    Size       1.2 million weights, 2.5 MB; pictures as grey squares of 64 pixels
    Licence    Apache-2.0 (the repository ai4os-hub/phyto-plankton-classification they come with)
    Citation   Decrop, W., Lagaisse, R., Jonas, M., Muyle, J., Amadei Martínez, L., & Deneudt, K. (2024). LifeWatch
               observatory data: phytoplankton annotated trainingset by FlowCam imaging in the Belgian Part of the North
               Sea. Zenodo. https://doi.org/10.5281/zenodo.10554845
    Training   imagine train phytoplankton vliz_flowcam --model north_sea --scratch --drawn 1200 --folds 5 --epochs 15
               Two minutes on one core. Repeats these very weights with one thread on a processor with bfloat16
               instructions; elsewhere within the spread of the seeds
    Figure     macro-F1 0.912 [0.80-0.98], accuracy 0.907, 5-fold cross-validation of the 54 pictures; macro-F1 of the
               seeds 0, 1, 2: 0.912, 0.888, 0.945, mean 0.915. Whoever drew the sample maker had seen these pictures
    Scores     calibrated by temperature; calibration error 0.09 (of 0..1), of the same cross-validation
    AphiaIDs   as in the list of classes of lifewatch/phyto-plankton-classification (VLIZ)
    Limits     a demonstration: everything is called one of six groups, whatever it is. Bacillariophyceae stands for the
               diatoms that are not Actinoptychus, Dinoflagellata for those that are neither Noctilucales nor Tripos.
               Size is not looked at

Data sheet of `culture`
    What       cells of a protist culture (Pygsuia) against debris, FlowCam colour crops of some 25 pixels
    Data       flowcam_culture_crops: 2,000 crops of 2 instrument runs: 1,562 Junk, 231 Missed, 207 Protist
    Size       1.3 million weights, 2.5 MB; pictures as colour squares of 48 pixels, never enlarged
    Licence    MIT (the repository VickoT/FlowCam_Image_Classifier they come with)
    Citation   VickoT: FlowCam Image Classifier. https://github.com/VickoT/FlowCam_Image_Classifier
    Training   imagine train phytoplankton flowcam_culture_crops --model culture --scratch --folds 2 --runs '(.*)_'
               --variety 0.4 --epochs 12
               Two minutes on one core; repeats as above
    Figure     macro-F1 0.753 [0.73-0.78], accuracy 0.866, each run examined by what learned from the other alone;
               macro-F1 of the seeds 0, 1, 2: 0.753, 0.769, 0.762, mean 0.761
    Scores     calibrated by temperature; calibration error 0.04 (of 0..1), of the same pictures
    Limits     runs differ more from one another than the interval of one run says (macro-F1 0.60 and 0.85): the run fed
               with nitrate holds dark aggregates among its debris that the other lacks, and 20 cells only. "Missed"
               means that the person who labelled could not tell

Data sheet of `culture_committee`
    What       as `culture`, from the same pictures: three smaller networks, each looking in eight positions, a forest
               and a kernel machine on measured features, and a kernel machine on texture, pooled. Surer, and 20 times
               slower: 15 ms a particle on one core
    Size       2.1 million weights, 300 trees and the features of 1,000 pictures, 6.3 MB
    Training   imagine train phytoplankton flowcam_culture_crops --model culture_committee --scratch --folds 2
               --runs '(.*)_' --variety 0.4 --epochs 12
               Five minutes on one core
    Figure     macro-F1 0.804, accuracy 0.889, each run examined by what learned from the
               other alone; of what people called "Missed" 0.78 [0.72-0.83] is found, of the cells 0.89 [0.84-0.92].
               Without both machines 0.783. That they are asked was decided on these very pictures
    Scores     calibrated by temperature; calibration error 0.02 (of 0..1), of the same pictures
    Limits     as `culture`
"""

from imagine_kernels.use_case import FOREST, MACHINE, NETWORK, TEXTURE, Figure, Label, Model, Profile, Source, UseCase

_VLIZ = Source(
    title="vliz_flowcam: FlowCam pictures of North Sea phytoplankton, Flanders Marine Institute (VLIZ)",
    licence="Apache-2.0",
    citation=(
        "Decrop, W., Lagaisse, R., Jonas, M., Muyle, J., Amadei Martínez, L., & Deneudt, K. (2024). LifeWatch "
        "observatory data: phytoplankton annotated trainingset by FlowCam imaging in the Belgian Part of the North "
        "Sea. Zenodo. https://doi.org/10.5281/zenodo.10554845"
    ),
    url="https://github.com/ai4os-hub/phyto-plankton-classification",
)

_CULTURE = Source(
    title="flowcam_culture_crops: FlowCam particles of a protist culture",
    licence="MIT",
    citation="VickoT: FlowCam Image Classifier. https://github.com/VickoT/FlowCam_Image_Classifier",
    url="https://github.com/VickoT/FlowCam_Image_Classifier",
)

_NORTH_SEA = Model(
    name="north_sea",
    title="North Sea plankton, six groups",
    architecture="resnet10t",
    options={"channels": (32, 64, 128, 256), "stem_width": 16},
    labels=(
        Label("Actinoptychus", "Actinoptychus", 148947, "genus", "1", "Round diatom of alternating bright sectors"),
        Label("Bacillariophyceae", "Diatoms (Bacillariophyceae)", 148899, "class", "2", "Other diatoms and chains"),
        Label("Ciliophora", "Ciliates (Ciliophora)", 11, "phylum", "3", "Dark body, often on a stalk"),
        Label("Dinoflagellata", "Dinoflagellates", 146203, "infraphylum", "4", "Dark armoured cell, angular outline"),
        Label("Noctilucales", "Noctilucales", 109393, "order", "5", "Large clear folded skin, sometimes a tentacle"),
        Label("Tripos", "Tripos", 494057, "genus", "6", "Dinoflagellate with two or three long horns"),
    ),
    profile=Profile(64, "grey", (0.667, 0.667, 0.667), (0.25, 0.25, 0.25)),
    weights="north_sea.safetensors",
    sha256="0bbe0e0a85bd12837eb0e33e5a30c8209fe9d7e71a8b5ce741269e38579ac3bd",
    source=_VLIZ,
    figures=(
        Figure("macro-F1", 0.912, 54, "5-fold cross-validation"),
        Figure("accuracy", 0.907, 54, "5-fold cross-validation"),
    ),
    command="imagine train phytoplankton vliz_flowcam --model north_sea --scratch --drawn 1200 --folds 5 --epochs 15",
    temperature=0.6511,
    confusion=(
        (7, 0, 0, 0, 0, 0),
        (0, 7, 1, 0, 0, 0),
        (0, 1, 8, 1, 0, 0),
        (0, 0, 0, 10, 0, 0),
        (0, 0, 1, 0, 10, 1),
        (0, 0, 0, 0, 0, 7),
    ),
)

_PROTISTS = Model(
    name="culture",
    title="Protist culture, cells and debris",
    architecture="resnet10t",
    options={"channels": (32, 64, 128, 256)},
    labels=(
        Label("Junk", "Debris", None, None, "1", "Bacteria, fragments and bubbles", counted=False),
        Label("Missed", "Cannot tell", None, None, "2", "Out of focus, or too small to tell"),
        Label("Protist", "Protist cell", None, None, "3", "A cell of the culture, sometimes with its tail"),
    ),
    profile=Profile(48, "rgb", (0.667, 0.667, 0.667), (0.25, 0.25, 0.25), zoom=1.0),
    weights="culture.safetensors",
    sha256="06253b33a8677f82fe63de2436c607fd190d609913b43ead675df2d8df909fed",
    source=_CULTURE,
    figures=(
        Figure("macro-F1", 0.753, 2000, "leaving one of 2 runs out"),
        Figure("accuracy", 0.866, 2000, "leaving one of 2 runs out"),
    ),
    command=(
        "imagine train phytoplankton flowcam_culture_crops --model culture --scratch --folds 2 --runs '(.*)_' "
        "--variety 0.4 --epochs 12"
    ),
    temperature=0.8249,
    confusion=((1411, 73, 78), (32, 160, 39), (33, 14, 160)),
)

_COMMITTEE = Model(
    name="culture_committee",
    title="Protist culture: three networks, a forest and two kernel machines, slow",
    architecture="resnet10t",
    options={"channels": (24, 48, 96, 192), "stem_width": 16},
    labels=_PROTISTS.labels,
    profile=_PROTISTS.profile,
    weights="culture_committee.safetensors",
    sha256="46b7ab453390d55233ac75041866165dd2d8e13da95566b3bdd437853cf28c0b",
    source=_CULTURE,
    figures=(
        Figure("macro-F1", 0.804, 2000, "leaving one of 2 runs out"),
        Figure("accuracy", 0.889, 2000, "leaving one of 2 runs out"),
    ),
    command=(
        "imagine train phytoplankton flowcam_culture_crops --model culture_committee --scratch --folds 2 "
        "--runs '(.*)_' --variety 0.4 --epochs 12"
    ),
    parts=(NETWORK, NETWORK, NETWORK, FOREST, MACHINE, TEXTURE),
    turns=8,
    temperature=0.7365,
    confusion=((1414, 93, 55), (19, 180, 32), (14, 9, 184)),
)

USE_CASE = UseCase(
    name="phytoplankton",
    title="Phytoplankton",
    summary="Names particles of FlowCam runs and IFCB bins: cells per mL and litre, sizes, biovolume.",
    sample="image",
    models=(_NORTH_SEA, _PROTISTS, _COMMITTEE),
    picture="picture.png",
    notebook="phytoplankton.ipynb",
    measures=("concentration", "size", "biovolume"),
    licence="Apache-2.0",
    citation=_VLIZ.citation,
)
