"""What the model `diatoms` called the valves it had not seen: of each class (rows) how many got which name."""

from collections.abc import Mapping

CONFUSED: Mapping[str, Mapping[str, int]] = {
    "Achnanthidium minutissimum": {"Achnanthidium minutissimum": 29, "Bacillariophyceae": 1},
    "Cocconeis placentula": {"Cocconeis placentula": 29, "Bacillariophyceae": 1},
    "Cymbella affinis": {"Cymbella affinis": 27, "Bacillariophyceae": 2, "Cymbellales": 1},
    "Eunotia bilunaris": {"Eunotia bilunaris": 27, "Gomphonema parvulum": 1, "Bacillariophyceae": 2},
    "Fragilaria capucina": {"Eunotia bilunaris": 1, "Fragilaria capucina": 26, "Bacillariophyceae": 3},
    "Gomphonema parvulum": {
        "Fragilaria capucina": 1,
        "Gomphonema parvulum": 23,
        "Bacillariophyceae": 4,
        "Cymbellales": 1,
        "Gomphonema": 1,
    },
    "Gomphonema truncatum": {
        "Gomphonema truncatum": 21,
        "Navicula tripunctata": 3,
        "Bacillariophyceae": 2,
        "Cymbellales": 3,
        "Gomphonema": 1,
    },
    "Navicula gregaria": {
        "Eunotia bilunaris": 1,
        "Gomphonema parvulum": 2,
        "Navicula gregaria": 25,
        "Bacillariophyceae": 2,
    },
    "Navicula tripunctata": {
        "Cymbella affinis": 1,
        "Gomphonema parvulum": 2,
        "Gomphonema truncatum": 2,
        "Navicula tripunctata": 19,
        "Nitzschia palea": 1,
        "Bacillariophyceae": 4,
        "Cymbellales": 1,
    },
    "Nitzschia dissipata": {"Nitzschia dissipata": 27, "Bacillariophyceae": 3},
    "Nitzschia palea": {"Nitzschia palea": 29, "Nitzschia": 1},
    "Stauroneis smithii": {"Stauroneis smithii": 26, "Naviculales": 4},
    "Surirella brebissonii": {"Cocconeis placentula": 1, "Surirella brebissonii": 28, "Bacillariophyceae": 1},
    "debris": {"Achnanthidium minutissimum": 2, "debris": 27, "none of these": 1},
}
