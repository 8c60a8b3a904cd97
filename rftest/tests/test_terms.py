"""Tests of how rfchaos sees that two rfservers were masters at the same time."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from checks.rfchaos.terms import ACK, SYNC_REQUEST, applied, stale_envelopes

ROUTE = 5


def said(epoch: int, seq: int, to: str = "rfproxy.0", kind: int = ROUTE) -> dict:
    return {"from": "rfserver", "to": to, "type": kind, "epoch": epoch, "to_epoch": 9, "stream": 1, "seq": seq, "content": []}


def greeting(epoch: int) -> dict:
    return said(epoch, 0, "all", SYNC_REQUEST)


def ack(epoch: int, seq: int, stream: int = 1, by: str = "rfproxy.0") -> dict:
    return {"from": by, "to": "rfserver", "type": ACK, "epoch": 9, "to_epoch": epoch, "stream": 0, "seq": 0,
            "content": [{"stream": stream, "seq": seq}]}


class Terms(unittest.TestCase):
    def test_what_was_written_before_the_next_term_is_not_stale(self):
        self.assertEqual(list(stale_envelopes([greeting(1), said(1, 1), said(1, 2), greeting(2), said(2, 1)])), [])

    def test_what_was_written_behind_it_is(self):
        late = said(1, 3)
        self.assertEqual(list(stale_envelopes([greeting(1), said(1, 1), greeting(2), late, said(2, 1)])), [late])

    def test_a_cursor_s_own_document_is_nobody_s_word(self):
        self.assertEqual(list(stale_envelopes([greeting(2), said(0, 0, "rfserver", 13)])), [])

    def test_a_late_stream_of_its_own_was_applied_whatever_term_the_answer_names(self):
        late = {**said(1, 2), "stream": 1_000_001}
        self.assertEqual(list(applied([ack(2, 7), ack(2, 1, stream=1_000_001)], [late])), [])
        self.assertEqual(list(applied([ack(2, 2, stream=1_000_001)], [late])), [late])

    def test_only_what_was_acknowledged_was_applied(self):
        late = said(1, 3)
        log = [greeting(1), said(1, 2), greeting(2), late]
        for answer in (ack(1, 2), ack(2, 3), ack(1, 3, stream=2), ack(1, 3, by="rfproxy.1")):
            self.assertEqual(list(applied([*log, answer], [late])), [])
        self.assertEqual(list(applied([*log, ack(1, 3)], [late])), [late])
        self.assertEqual(list(applied([*log, ack(1, 7)], [late])), [late])


if __name__ == "__main__":
    unittest.main()
