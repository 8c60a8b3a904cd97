"""The network of rftest2 for Mininet: four switches in a mesh, a host at each.

        h1 - sA ------- sB - h2         sudo mn --custom topo-4sw-4host.py --topo rftest2 --pre ipconf \\
              |  \\      |                   --switch ovs,protocols=OpenFlow10 --controller remote,ip=ADDRESS,port=6633
              |    \\    |
              |      \\  |               The port numbers are those of the mapping file rftest2config.csv: port 1 of
        h3 - sC ------- sD - h4         each switch is its host's.
"""

from mininet.topo import Topo


class RFTest2(Topo):
    """Datapath ids 5 to 8, in the order of the switches' names."""

    def build(self) -> None:
        for number, letter in enumerate("ABCD", start=1):
            switch = self.addSwitch(f"s{letter}", dpid=f"{number + 4:016x}")
            host = self.addHost(f"h{number}", ip=f"172.31.{number}.100/24")
            self.addLink(host, switch, port2=1)
        self.addLink("sA", "sB", port1=2, port2=2)
        self.addLink("sB", "sD", port1=3, port2=2)
        self.addLink("sD", "sC", port1=3, port2=3)
        self.addLink("sC", "sA", port1=2, port2=3)
        self.addLink("sA", "sD", port1=4, port2=4)


topos = {"rftest2": RFTest2}
