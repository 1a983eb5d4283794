"""`netc fuzz`: random circuits and damaged files through everything that is registered, compared with plain evaluators.

A *case* is a seed and a number, which make a circuit and choose a check (cases.py). Circuits come from generators.py;
the modules named ``of_…`` hold the checks; what they compare with is evaluate.py, which shares no code with the core,
and the tools that oracles.py finds. runner.py runs cases in a process that may die, shrink.py makes a failing circuit
small, failures.py keeps it in a file that can be replayed.
"""
