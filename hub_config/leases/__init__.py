"""Lends graphics cards to kernels and counts what people use: a service of the hub, told and asked by it."""
