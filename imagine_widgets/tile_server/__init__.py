"""Tiles from a person's Jupyter server: where it is installed there, no running cell holds up what she looks at.

A kernel signs the picture that it shows (`signing`), the server answers for signed ones only (`extension`), and a small
process that ends when nobody looks makes the tiles (`maker`, kept by `making`). Without any of it they come from the
kernel, as the first ones always do.
"""
