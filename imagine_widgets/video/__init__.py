"""Films before a person: each frame exactly, and the tracks of what moves through them."""
