"""An os-ken application, run by osken-manager: pushes $BENCH_FLOWS flows to a switch, and floods each packet-in."""

import json
import os
import time

from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.ofproto import ofproto_v1_0


class Peer(app_manager.OSKenApp):
    OFP_VERSIONS = [ofproto_v1_0.OFP_VERSION]

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def push(self, event) -> None:
        datapath, count = event.msg.datapath, int(os.environ.get("BENCH_FLOWS", 0))
        if not count:
            return
        protocol, parser = datapath.ofproto, datapath.ofproto_parser
        self.begin = time.monotonic()
        actions = [parser.OFPActionSetDlSrc("02:00:00:00:01:a1"), parser.OFPActionSetDlDst("02:00:00:00:00:b2"),
                   parser.OFPActionOutput(2)]
        for number in range(count):
            match = parser.OFPMatch(dl_dst="02:00:00:00:01:a1", dl_vlan=0xFFFF, dl_type=0x800, nw_dst=(10 << 24) + number)
            datapath.send_msg(parser.OFPFlowMod(datapath=datapath, match=match, cookie=0, command=protocol.OFPFC_ADD,
                                                priority=0x8040, actions=actions))
        datapath.send_msg(parser.OFPBarrierRequest(datapath))

    @set_ev_cls(ofp_event.EventOFPBarrierReply, [CONFIG_DISPATCHER, MAIN_DISPATCHER])
    def pushed(self, event) -> None:
        print(json.dumps({"seconds": time.monotonic() - self.begin}), flush=True)

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def answer(self, event) -> None:
        message = event.msg
        datapath = message.datapath
        protocol, parser = datapath.ofproto, datapath.ofproto_parser
        data = message.data if message.buffer_id == protocol.OFP_NO_BUFFER else None
        datapath.send_msg(parser.OFPPacketOut(datapath=datapath, buffer_id=message.buffer_id, in_port=message.in_port,
                                              actions=[parser.OFPActionOutput(protocol.OFPP_FLOOD)], data=data))
