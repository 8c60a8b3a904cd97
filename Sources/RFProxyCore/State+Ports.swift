import Logging
import NIOCore
import NetTypes
import OpenFlow
import RFLib

/// Which ports belong together, and what one says about the other.
extension ProxyCore {
    mutating func handle(_ map: PortMap) {
        let port = PortID(map.dpID, map.dpPort)
        if map.isRemoval { return forgetMap(of: port) }
        guard map.vsID.isVirtualSwitch, !map.dpID.isVirtualSwitch else {
            return count(
                .error, "ignored a port map that joins no datapath with a virtual switch",
                ["dp_id": map.dpID, "vs_id": map.vsID])
        }
        let virtual = PortID(map.vsID, map.vsPort)
        let former = shuttle.known.set(port, KnownMaps.Map(virtual: virtual, ctID: map.ctID))
        if map.ctID == settings.ctID, isMaster(of: map.dpID) {
            shuttle.maps.join(port, virtual)
            align(virtual)
        } else {
            shuttle.maps.part(port)
            shuttle.maps.part(virtual)
        }
        if let former { raise(former) }
    }

    private mutating func forgetMap(of port: PortID) {
        shuttle.maps.part(port)
        if let virtual = shuttle.known.remove(port) { raise(virtual) }
    }

    /// rfserver has said its whole state: maps that it did not name are gone.
    mutating func forgetMaps(notNamedIn named: Set<RFKey>) {
        for port in shuttle.known.ports where !named.contains(.portMap(port.datapath, port.port)) {
            forgetMap(of: port)
        }
    }

    /// The datapath is this rfproxy's from now on: it passes its packets.
    mutating func takeUpPorts(of id: DatapathID) {
        for port in shuttle.known.ports where port.datapath == id {
            guard let map = shuttle.known[port], map.ctID == settings.ctID else { continue }
            shuttle.maps.join(port, map.virtual)
            align(map.virtual)
        }
    }

    /// The datapath is another's: its virtual ports stay as they are.
    mutating func partPorts(of id: DatapathID) {
        for port in shuttle.maps.datapathPorts where port.datapath == id { shuttle.maps.part(port) }
    }

    // MARK: Port state

    /// A mapped virtual port is to be up exactly while its datapath port is: the VM's routing engine listens to the
    /// carrier. Of a datapath that is not connected nothing is known, so nothing changes.
    mutating func align(_ virtual: PortID) {
        guard let port = shuttle.maps[virtual], let datapath = datapaths[port.datapath],
            datapath.session != nil
        else { return }
        setPort(virtual, down: !(datapath.ports[port.port]?.isUp ?? false))
    }

    /// A virtual port that is no longer mapped has to be up, or its VM could never announce itself again. One that is mapped to
    /// another's datapath is not ours to touch.
    private mutating func raise(_ virtual: PortID) {
        if !shuttle.known.isMapped(virtual) { setPort(virtual, down: false) }
    }

    /// rfserver has said all maps, and this virtual switch is here: a port that was taken down, and lost its map while nobody
    /// could tell the switch, must not stay so.
    mutating func raiseUnmappedPorts(of id: DatapathID) {
        guard id.isVirtualSwitch, hasServerState else { return }
        for port in datapaths[id]?.ports.keys.sorted() ?? [] { raise(PortID(id, port)) }
    }

    /// Aligns all virtual ports that a datapath or a virtual switch has to do with.
    mutating func alignPorts(of id: DatapathID) {
        for port in shuttle.maps.datapathPorts {
            guard let virtual = shuttle.maps[port], port.datapath == id || virtual.datapath == id else {
                continue
            }
            align(virtual)
        }
        raiseUnmappedPorts(of: id)
    }

    private mutating func setPort(_ virtual: PortID, down: Bool) {
        guard let datapath = datapaths[virtual.datapath], let session = datapath.session,
            var port = datapath.ports[virtual.port], port.config.contains(.portDown) != down
        else { return }
        let wanted: OpenFlow10.PortConfig = down ? .portDown : []
        let order = OpenFlow10.PortMod(
            port: port.number, hwAddr: port.hwAddr, config: wanted, mask: .portDown)
        send(.portMod(order), to: session)
        port.config = port.config.subtracting(.portDown).union(wanted)
        datapaths[virtual.datapath]?.ports[virtual.port] = port
        tell(
            .info, of: virtual.datapath, down ? "virtual port down, as its datapath port" : "virtual port up",
            ["dp_id": virtual.datapath, "port": virtual.port])
    }

    mutating func handle(_ status: OpenFlow10.PortStatus, of id: DatapathID) {
        guard status.port.number.isPhysical else { return }
        let number = status.port.number.rawValue
        let port = PortID(id, number)
        let before = datapaths[id]?.ports[number]
        if before == nil, datapaths[id]?.ports.count ?? 0 >= Datapath.mostPorts {
            return count(.warning, "ignored a port: the datapath has \(Datapath.mostPorts)", ["dp_id": id])
        }
        if status.reason == .delete {
            datapaths[id]?.ports[number] = nil
            forgetClaim(on: port)
        } else {
            datapaths[id]?.ports[number] = status.port
            if before == nil { datapaths[id]?.table.newPorts.insert(status.port.number) }
            stirred.insert(id)
        }
        if before?.isUp != datapaths[id]?.ports[number]?.isUp {
            let isUp = datapaths[id]?.ports[number]?.isUp ?? false
            tell(.info, of: id, isUp ? "port up" : "port down", ["dp_id": id, "port": number])
        }
        datapaths[id]?.notePortNews(at: present)
        if let partner = shuttle.maps[port] { align(id.isVirtualSwitch ? port : partner) }
    }

    // MARK: Claims

    /// A VM's port announces itself. Only from a port of a virtual switch: the shuttle lets nothing else come here.
    mutating func claim(_ packet: OpenFlow10.PacketIn, on id: DatapathID) {
        guard id.isVirtualSwitch, packet.inPort.isPhysical,
            let frame = MappingFrame(bytes: packet.data.readableBytesView)
        else { return }
        let port = PortID(id, packet.inPort.rawValue)
        let map = VMMap(
            vmID: frame.vmID, vmPort: frame.vmPort, vsID: id, vsPort: port.port, token: frame.token)
        guard let key = announcements.say(.vmMap(map)) else { return }
        conversation.changed(key)
        shuttle.forgetStations(of: port)
        shuttle.learn(frame.source, on: port)
        log(
            .info, "a VM's port announces itself",
            ["vm_id": frame.vmID, "vm_port": frame.vmPort, "dp_id": id, "port": port.port])
    }

    /// A port is gone: what a VM said through it is worth nothing any more.
    private mutating func forgetClaim(on port: PortID) {
        shuttle.forgetStations(of: port)
        withdraw(.vmMap(port.datapath, port.port))
    }

    /// A virtual switch is gone. Its ports may come back with other numbers, so that what was said through them has to be said
    /// again; until then rfserver keeps what it knows.
    mutating func forgetClaims(on virtualSwitch: DatapathID) {
        let keys = announcements.withdrawAll { key in
            if case .vmMap(virtualSwitch, _) = key { true } else { false }
        }
        for key in keys {
            if case .vmMap(_, let port) = key { shuttle.forgetStations(of: PortID(virtualSwitch, port)) }
        }
    }
}
