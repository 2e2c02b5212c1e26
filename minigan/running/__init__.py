"""A run on disk: its options, its folder, its checkpoint.  Start reading with folder.py.

folder.py      start a run, open it again, resume it, train it
run.py         what they return: a run in memory
use.py         what is made of a run: samples, measures, film and curves
model.py       one way to name a trained model: a run, a weights file, a model in the package
weights.py     a model in one file, which needs no data
build.py       from a recipe and its options to a Trainer
options.py     the options of a recipe as flags and as config.toml
identity.py    does the config still describe the checkpoint?
ranks.py       a training that several processes share; job.py: which of them is this one
lock.py        one writer for each run
recorder.py    what a run writes, and when; restored.py reads its checkpoint back
files.py       write a file whole or not at all
checkpoint.py  arrays and facts in one checksummed file
interop.py     weights from and to PyTorch's layouts
"""
