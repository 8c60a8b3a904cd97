import Testing

@testable import RFServerCore

@Suite("Virtual switch")
struct VirtualSwitchTests {
    private let settings = VirtualSwitchSettings(
        bridge: "dp0", datapathType: "netdev", controllers: ["tcp:127.0.0.1:6633"], portPattern: "rfvm*.*")

    @Test("a bridge that is right is left alone, its connections too")
    func nothingToDo() {
        let actual = VirtualSwitchSettings.Actual(
            controllers: ["tcp:127.0.0.1:6633"], ports: ["rfvm1.1"])
        #expect(settings.changes(from: actual, interfaces: ["rfvm1.1"]).isEmpty)
    }

    @Test("loose ports are attached, dead ones removed, controllers set where they differ")
    func changes() {
        let actual = VirtualSwitchSettings.Actual(
            controllers: ["tcp:10.0.0.1:6633"], ports: ["rfvm1.1", "gone.1"],
            deadPorts: ["gone.1", "rfvm1.1"])
        #expect(
            settings.changes(from: actual, interfaces: ["rfvm1.1", "rfvm1.2"]) == [
                ["set-controller", "dp0", "tcp:127.0.0.1:6633"],
                ["--if-exists", "del-port", "dp0", "gone.1"],
                ["--may-exist", "add-port", "dp0", "rfvm1.2"],
            ])
    }

    @Test("a bridge that spoke TCP to its rfproxy speaks TLS from now on, and once only")
    func controllerOverTLS() {
        var secure = settings
        secure.controllers = ["ssl:192.0.2.1:6653"]
        var actual = VirtualSwitchSettings.Actual(controllers: settings.controllers)
        #expect(
            secure.changes(from: actual, interfaces: []) == [["set-controller", "dp0", "ssl:192.0.2.1:6653"]])
        actual.controllers = secure.controllers
        #expect(secure.changes(from: actual, interfaces: []).isEmpty)
    }

    @Test("a port whose device was replaced behind the bridge's back is taken out and put back")
    func stalePort() {
        let actual = VirtualSwitchSettings.Actual(
            controllers: ["tcp:127.0.0.1:6633"], ports: ["rfvm1.1"], stalePorts: ["rfvm1.1"])
        #expect(
            settings.changes(from: actual, interfaces: ["rfvm1.1"]) == [
                ["--if-exists", "del-port", "dp0", "rfvm1.1"], ["--may-exist", "add-port", "dp0", "rfvm1.1"],
            ])
    }

    @Test("the bridge forwards nothing by itself, is known as a virtual switch, and speaks OpenFlow 1.0")
    func bridgeSettings() {
        let words = settings.settingArguments
        for word in ["fail-mode=secure", "other-config:datapath-id=7266767372667673", "protocols=OpenFlow10"]
        {
            #expect(words.contains(word))
        }
    }

    @Test("each of several rfproxies finds the bridge soon, and is flooded by none")
    func controllerSettings() {
        let words = ["max_backoff=1000", "controller_rate_limit=1000", "controller_burst_limit=250"]
        #expect(settings.controllerArguments(rows: ["a1"]) == ["set", "controller", "a1"] + words)
        #expect(
            settings.controllerArguments(rows: ["a1", "b2"]) == ["set", "controller", "a1"] + words + ["--"]
                + ["set", "controller", "b2"] + words)
    }
}
