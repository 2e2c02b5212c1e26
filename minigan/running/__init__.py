"""A run on disk: its options, its folder, its checkpoint.

files.py       write a file whole or not at all
checkpoint.py  arrays and facts in one checksummed file
interop.py     weights from and to PyTorch's layouts
"""
