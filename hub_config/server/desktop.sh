#!/bin/sh
# What a person's desktop shows: a window manager and napari. When napari is closed, the desktop ends with it.
cd "$HOME" || exit 1
icewm &
exec python -m imagine_widgets.napari
