"""What the model `diatoms` called the valves it had not seen: of each class (rows) how many got which name."""

from collections.abc import Mapping

CONFUSED: Mapping[str, Mapping[str, int]] = {
    "Achnanthidium minutissimum": {"Achnanthidium minutissimum": 36, "Cocconeidales": 1, "Bacillariophyceae": 3},
    "Cocconeis placentula": {"Cocconeis placentula": 39, "Bacillariophyceae": 1},
    "Cymbella affinis": {"Cymbella affinis": 32, "Gomphonema truncatum": 1, "Bacillariophyceae": 3, "Cymbellales": 4},
    "Eunotia bilunaris": {"Eunotia bilunaris": 35, "Fragilaria capucina": 1, "Bacillariophyceae": 4},
    "Fragilaria capucina": {"Fragilaria capucina": 36, "Bacillariophyceae": 4},
    "Gomphonema parvulum": {
        "Gomphonema parvulum": 23,
        "Navicula gregaria": 2,
        "Bacillariophyceae": 11,
        "Cymbellales": 4,
    },
    "Gomphonema truncatum": {
        "Cymbella affinis": 1,
        "Gomphonema truncatum": 30,
        "Navicula tripunctata": 1,
        "Bacillariophyceae": 7,
        "Cymbellales": 1,
    },
    "Navicula gregaria": {
        "Gomphonema parvulum": 3,
        "Navicula gregaria": 29,
        "Stauroneis smithii": 1,
        "Bacillariophyceae": 7,
    },
    "Navicula tripunctata": {
        "Cymbella affinis": 2,
        "Gomphonema truncatum": 3,
        "Navicula tripunctata": 23,
        "Bacillariophyceae": 12,
    },
    "Nitzschia dissipata": {
        "Nitzschia dissipata": 35,
        "Stauroneis smithii": 2,
        "Bacillariophyceae": 1,
        "Naviculales": 1,
        "Nitzschia": 1,
    },
    "Nitzschia palea": {"Achnanthidium minutissimum": 1, "Nitzschia palea": 37, "Bacillariophyceae": 1, "Nitzschia": 1},
    "Stauroneis smithii": {"Stauroneis smithii": 34, "Bacillariophyceae": 4, "Naviculales": 2},
    "Surirella brebissonii": {"Cocconeis placentula": 2, "Surirella brebissonii": 35, "Bacillariophyceae": 3},
    "debris": {"debris": 37, "none of these": 3},
}
