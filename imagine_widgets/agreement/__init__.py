"""How far several people agree on the same samples, and the list of what they do not agree on.

>>> found = agree(annotations)
>>> first = disputes(annotations)[0]
>>> settle(first, "ada", "copepod")
"""

from imagine_widgets.agreement.compare import Agreement, agree
from imagine_widgets.agreement.disputes import Dispute, disputes
from imagine_widgets.agreement.figures import Figure
from imagine_widgets.agreement.settling import edits, settle

__all__ = ["Agreement", "Dispute", "Figure", "agree", "disputes", "edits", "settle"]
