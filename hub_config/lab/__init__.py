"""What a person's JupyterLab shows of graphics cards, and the part of their server that asks the broker for it."""
