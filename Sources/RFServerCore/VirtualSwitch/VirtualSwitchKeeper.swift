import Dispatch
import Foundation
import Glibc

/// Keeps the virtual switch right through `ovs-vsctl`. Every command may be repeated without harm.
public struct VirtualSwitchKeeper: Sendable {
    private let settings: VirtualSwitchSettings

    /// Keeps one bridge.
    public init(_ settings: VirtualSwitchSettings) {
        self.settings = settings
    }

    /// Compares, and puts right. Blocks for as long as Open vSwitch needs, 15 seconds a command at most.
    /// - Returns: the changes that were needed.
    /// - Throws: `ServerError.commandFailed`.
    public func configure() throws -> [String] {
        let existed = try exists()
        try vsctl(settings.settingArguments)
        let actual = try actual()
        let commands = settings.changes(from: actual, interfaces: try matchingInterfaces())
        for command in commands { try vsctl(command) }
        let rows = try vsctl(settings.controllerRows).split(separator: " ").map(String.init)
        if !rows.isEmpty { try vsctl(settings.controllerArguments(rows: rows)) }
        return (existed ? [] : ["add-br \(settings.bridge)"]) + commands.map { $0.joined(separator: " ") }
    }

    private func exists() throws -> Bool {
        try lines(["list-br"]).contains(settings.bridge)
    }

    private func actual() throws -> VirtualSwitchSettings.Actual {
        let ports = Set(try lines(["list-ports", settings.bridge]))
        let dead = Set(try lines(["--bare", "--columns=name", "find", "interface", "ofport=-1"]))
        return VirtualSwitchSettings.Actual(
            controllers: try lines(["get-controller", settings.bridge]), ports: ports,
            deadPorts: ports.intersection(dead), stalePorts: ports.filter(isStale))
    }

    /// True if Open vSwitch does not hold the device that has the port's name now.
    ///
    /// Where a veth vanishes and returns before ovs-vswitchd has looked, the port keeps the dead device, and nothing in
    /// its database says so. The sign is that the device is not promiscuous (IFF_PROMISC of linux/if.h), as each port
    /// of a userspace bridge is.
    private func isStale(_ port: String) -> Bool {
        guard settings.datapathType == "netdev",
            let text = try? String(contentsOfFile: "/sys/class/net/\(port)/flags", encoding: .ascii),
            let flags = UInt32(text.trimmingCharacters(in: .whitespacesAndNewlines).dropFirst(2), radix: 16)
        else { return false }
        return flags & UInt32(IFF_PROMISC) == 0
    }

    private func matchingInterfaces() throws -> Set<String> {
        guard let pattern = settings.portPattern else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")
        return Set(names.filter { fnmatch(pattern, $0, 0) == 0 })
    }

    private func lines(_ arguments: [String]) throws -> [String] {
        try vsctl(arguments).split(whereSeparator: \.isNewline).map(String.init).filter { !$0.isEmpty }
    }

    @discardableResult
    private func vsctl(_ arguments: [String]) throws -> String {
        let arguments = ["ovs-vsctl", "--timeout=10"] + arguments
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        let command = arguments.joined(separator: " ")
        do {
            try process.run()
        } catch {
            throw ServerError.commandFailed(command: command, output: error.localizedDescription)
        }
        // ovs-vsctl keeps its own time by SIGALRM, which a process inherits as blocked from a Swift thread.
        let watch = DispatchWorkItem { kill(process.processIdentifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + 15, execute: watch)
        let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        ended.wait()
        watch.cancel()
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            let said = text.replacingOccurrences(of: "\n", with: "; ")
            throw ServerError.commandFailed(command: command, output: said)
        }
        return text
    }
}
