"""Charts: rendered on the server, with the finding and the table that they draw.

The same SVG goes to the page and to paper. On the page each colour is the token it came
from, so that a chart follows light, dark and forced colours; on paper it is the light one.
"""

from koulutie.ui.charts.bars import coverage_by_class, weekday_pattern
from koulutie.ui.charts.rendering import Figure, Spec, svg, svg_for_paper
from koulutie.ui.charts.weeks import Week, weekly_absence

__all__ = [
    "Figure",
    "Spec",
    "Week",
    "coverage_by_class",
    "svg",
    "svg_for_paper",
    "weekday_pattern",
    "weekly_absence",
]
