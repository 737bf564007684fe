"""How well measures and bounds tell good rows from bad: faults planted in good rows, and found.

planted = plant(good, seed=0)                 # each good row, and copies with one fault each
report = calibrate(good, recipe.filters, …)   # AUC of each measure, what each bound costs
"""
