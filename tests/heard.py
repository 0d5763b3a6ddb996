"""What a widget would send to its browser is kept, and what a browser would send is said: no page, no kernel."""

import json


class Heard:
    """Goes before a widget's class."""

    def __init__(self, *args, **kwargs):
        self.sent = []
        super().__init__(*args, **kwargs)

    def send(self, content, buffers=None):
        json.dumps(content)
        self.sent.append((content, buffers or []))

    def hear(self, **message):
        """Say it; what was sent last."""
        self._receive(self, {"to": "browser", **message}, [])
        return self.sent[-1] if self.sent else None
