"""A project's labels on disk, one SQLite file in a person's folder: every widget and the bridge write here first.

Each region has one row per author, so nobody's label is ever overwritten by somebody else. Every edit is a numbered
change and stays: that is the history, the undo and the base of a merge. Deleted regions stay as tombstones. An edit is
on disk when `write` returns; one that was cut off by a kill is rolled back at the next opening.
"""

from imagine_widgets.store.counting import Kind as Kind
from imagine_widgets.store.counting import Speed as Speed
from imagine_widgets.store.held import Drop as Drop
from imagine_widgets.store.held import Edit as Edit
from imagine_widgets.store.held import Held as Held
from imagine_widgets.store.held import Put as Put
from imagine_widgets.store.held import Seen as Seen
from imagine_widgets.store.held import Stale as Stale
from imagine_widgets.store.held import Step as Step
from imagine_widgets.store.place import store_of as store_of
from imagine_widgets.store.store import Store as Store
