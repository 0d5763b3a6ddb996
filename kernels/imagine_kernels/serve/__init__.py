"""The service of models: predictions on the spot, for Label Studio and for people who ask through the hub's door.

`python -m imagine_kernels.serve` answers without any model in memory; the first question starts a process that has one.
"""
