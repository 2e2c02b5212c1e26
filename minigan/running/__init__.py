"""A run on disk: its options, its folder, its checkpoint.  Start reading with folder.py.

folder.py      start a run, open it again, resume it, sample from it, measure it
build.py       from a recipe and its options to a Trainer
options.py     the options of a recipe as flags and as config.toml
files.py       write a file whole or not at all
checkpoint.py  arrays and facts in one checksummed file
interop.py     weights from and to PyTorch's layouts
"""
