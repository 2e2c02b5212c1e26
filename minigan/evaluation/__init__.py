"""How good is a generator?  Every measure of the library on its images, and next to each number the one that real images get.

A measure alone means little: is a Frechet distance of 3 good? Two disjoint halves of the real images, compared as if one
half were generated, give the answer: the floor. A generator gets below it only by luck or by copying.

    features.py  the space in which two sets of images are compared    report.py  a trained game: table and pictures on disk
    measures.py  all measures of a set, each with its floor            watch.py   the cheap evaluation during training
    table.py     the numbers as a table                                attributes.py  what portraits show, counted
    folders.py   two folders of images, real and generated             clips.py   bouncing digits: identity and motion

Start reading with measures.py.
"""

from minigan.evaluation.attributes import attributes
from minigan.evaluation.clips import bouncing
from minigan.evaluation.features import (
    DIGITNET,
    FEATURES,
    MOTION,
    PIXELS,
    PORTRAITNET,
    VGG16,
    cheap_features_for,
    describe,
    features_for,
)
from minigan.evaluation.folders import compare_folders
from minigan.evaluation.measures import evaluate, evaluate_points, memorised
from minigan.evaluation.report import report
from minigan.evaluation.table import table
from minigan.evaluation.watch import Watch, watch

__all__ = [
    "DIGITNET",
    "FEATURES",
    "MOTION",
    "PIXELS",
    "PORTRAITNET",
    "VGG16",
    "Watch",
    "attributes",
    "bouncing",
    "cheap_features_for",
    "compare_folders",
    "describe",
    "evaluate",
    "evaluate_points",
    "features_for",
    "memorised",
    "report",
    "table",
    "watch",
]
