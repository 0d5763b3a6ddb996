"""Samples and regions → layers of napari, and back: for what a desktop does better than a notebook.

napari counts from pixels' centres and says row before column; records count from pixels' corners and say x before y.
What napari cannot show (labels of whole samples, tracks, sounds) and what it shows with less (holes, opinions) travels
along unseen, and comes back by the region's id as it was, unless the person changed that very region.
"""

from imagine_widgets.napari.coming import from_napari as from_napari
from imagine_widgets.napari.desk import on_desktop as on_desktop
from imagine_widgets.napari.going import Layer as Layer
from imagine_widgets.napari.going import to_napari as to_napari
from imagine_widgets.napari.viewing import show as show
