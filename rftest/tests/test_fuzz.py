"""Tests of what rftest/fuzz reads in libFuzzer's log: a find that it does not see would be no find."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fuzzing.campaign import Find, Progress

RUN = """INFO: Running with entropic power schedule (0xFF, 100).
INFO: Seed: 1
INFO: Loaded 1 modules   (51234 inline 8-bit counters): 51234 [0x55, 0x66),
#2	INITED cov: 120 ft: 130 corp: 1/1b exec/s: 0 rss: 40Mb
#4096	pulse  cov: 210 ft: 300 corp: 20/900b lim: 53 exec/s: 2048 rss: 41Mb
"""
DONE = RUN + """#10000	DONE   cov: 212 ft: 305 corp: 21/950b lim: 58 exec/s: 5000 rss: 41Mb
Done 10000 runs in 2 second(s)
stat::number_of_executed_units: 10000
stat::average_exec_per_sec:     5000
"""
TRAP = RUN + """Fuzz/Driver.swift:43: Fatal error: the messages are not the stream
==77== ERROR: libFuzzer: deadly signal
artifact_prefix='/tmp/found/packet/'; Test unit written to /tmp/found/packet/crash-da39a3ee
"""
SLOW = RUN + """==78== ERROR: libFuzzer: timeout after 6 seconds
artifact_prefix='/tmp/found/packet/'; Test unit written to /tmp/found/packet/timeout-0beec7b5
SUMMARY: libFuzzer: timeout
"""
KILLED = RUN


class Logs(unittest.TestCase):
    def test_while_it_runs_the_last_line_counts(self) -> None:
        self.assertEqual(Progress.parse(RUN), Progress(4096, 210, 51234))

    def test_at_the_end_the_account_counts(self) -> None:
        self.assertEqual(Progress.parse(DONE), Progress(10000, 212, 51234))

    def test_before_the_first_input_there_is_nothing(self) -> None:
        self.assertEqual(Progress.parse(""), Progress(0, 0, 0))

    def test_what_does_not_hold_is_told_with_its_input(self) -> None:
        find = Find.parse(TRAP, "packet", "rftest/fuzz")
        self.assertEqual(find.what, "the messages are not the stream")
        self.assertIn("--target packet --replay /tmp/found/packet/crash-da39a3ee", find.advice)

    def test_an_input_that_takes_too_long_is_one_too(self) -> None:
        find = Find.parse(SLOW, "packet", "rftest/fuzz")
        self.assertEqual(find.what, "timeout after 6 seconds")
        self.assertIn("timeout-0beec7b5", find.advice)

    def test_an_end_without_a_word_is_one_too(self) -> None:
        self.assertEqual(Find.parse(KILLED, "packet", "rftest/fuzz").what, "it ended without a word")


if __name__ == "__main__":
    unittest.main()
