"""Commands that measure the library itself.

certify/       checks every gradient against differences           minigan certify
symbolic/      proves the gradients for all inputs, with SymPy     minigan certify --symbolic
mutants/       counts which errors in the code the checks notice   minigan certify --mutants
bench/         times training steps, side by side with PyTorch     minigan bench
results/       measures the tables of docs/results.md              minigan results
classifier.py  trains and tests DigitNet                           minigan classifier
selection.py   which names --only selects

Start with certify/claim.py: it shows what the certificate is made of.
"""
