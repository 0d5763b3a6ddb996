"""The bridge to Label Studio: `push` what a model and a person said, `pull` what people said there, `link` to it."""

from imagine_widgets.label_studio.incoming import link, pull
from imagine_widgets.label_studio.outcome import Link, Pull, Push
from imagine_widgets.label_studio.outgoing import push

__all__ = ["Link", "Pull", "Push", "link", "pull", "push"]
