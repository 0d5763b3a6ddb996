"""The bridge to Label Studio: `push` what a model and people said, `pull` what people said there, `link` to it.

What was changed on both sides waits in `conflicts` for the person who will `settle` it.
"""

from imagine_widgets.label_studio.incoming import link, pull
from imagine_widgets.label_studio.outcome import Link, Pull, Push
from imagine_widgets.label_studio.outgoing import push
from imagine_widgets.label_studio.settling import conflicts, settle

__all__ = ["Link", "Pull", "Push", "conflicts", "link", "pull", "push", "settle"]
