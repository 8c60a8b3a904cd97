"""What rfbench makes of its figures."""

import sys
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import plots, results  # noqa: E402
from bench.results import Figure, Results, against, judge, of_rounds, percentile  # noqa: E402


class Figures(unittest.TestCase):
    def test_ratio_is_of_the_medians(self):
        figure = against(of_rounds("bulk", "added", [2.0, 9.0, 3.0], "s"), "ip alone", [1.0, 2.0, 1.5], at_most=2)
        self.assertEqual((figure.value, figure.low, figure.high, figure.ratio, figure.met), (3.0, 2.0, 9.0, 2.0, True))

    def test_a_missed_target_says_so(self):
        figure = judge(Figure("idle", "all", 1.5, "%"), "< 1 %", False)
        self.assertEqual(results.row(figure.__dict__)[-1], "NO")

    def test_percentile_of_few(self):
        self.assertEqual(percentile([3, 1, 2], 0.5), 2)
        self.assertEqual(percentile([3, 1, 2], 0.99), 3)

    def test_another_scenario_keeps_its_rows(self):
        kept = Results()
        for scenario in ("one-route", "bulk", "one-route"):
            kept.put(scenario, [Figure(scenario, "p50", 1.0, "ms")], {})
        self.assertEqual([figure["scenario"] for figure in kept.figures], ["bulk", "one-route"])
        self.assertIn("| bulk | p50 | 1 ms |", kept.markdown([]))


class Plots(unittest.TestCase):
    def test_plots_are_xml_and_stay_inside(self):
        lines = {"a < b": [(10_000, 0.3), (100_000, 2.5)], "floor": [(10_000, 0.1), (100_000, 1.2)]}
        for logarithmic in (False, True):
            root = xml.fromstring(plots.svg(plots.Plot("title", "x", "y", lines, logarithmic)))
            for line in root.iter("{http://www.w3.org/2000/svg}polyline"):
                for point in line.get("points").split():
                    x, y = map(float, point.split(","))
                    self.assertTrue(0 <= x <= 720 and 0 <= y <= 400, point)

    def test_one_point_at_a_power_of_ten(self):
        plots.svg(plots.Plot("title", "x", "y", {"a": [(1000, 1)]}, logarithmic=True))


if __name__ == "__main__":
    unittest.main()
