"""Commands that measure the library itself.

certify/       every gradient against differences        minigan certify
bench/         steps a second, side by side with PyTorch  minigan bench
results/       the tables of docs/results.md              minigan results
classifier.py  DigitNet trained and tested                minigan classifier
"""
