import NIOCore

extension OpenFlow10 {
    /// Who made the switch (5.3.5, `ofp_desc_stats`): texts for people, of up to 255 bytes of UTF-8, the serial
    /// number of up to 31; longer ones are cut.
    public struct SwitchDescription: Hashable, Sendable {
        /// Who made it.
        public var manufacturer: String
        /// What it is.
        public var hardware: String
        /// What runs on it.
        public var software: String
        /// Its serial number.
        public var serialNumber: String
        /// Which one of its operator's it is.
        public var datapath: String

        /// Creates a description.
        public init(
            manufacturer: String, hardware: String, software: String, serialNumber: String, datapath: String
        ) {
            self.manufacturer = manufacturer
            self.hardware = hardware
            self.software = software
            self.serialNumber = serialNumber
            self.datapath = datapath
        }

        /// True for Open vSwitch, which understands Nicira's actions.
        public var isOpenVSwitch: Bool { hardware == "Open vSwitch" }
    }
}

extension OpenFlow10.SwitchDescription: WireStructure {
    private static let textSize = 256
    private static let serialNumberSize = 32

    init(from reader: inout WireReader) throws(OpenFlowError) {
        manufacturer = try reader.text(size: Self.textSize)
        hardware = try reader.text(size: Self.textSize)
        software = try reader.text(size: Self.textSize)
        serialNumber = try reader.text(size: Self.serialNumberSize)
        datapath = try reader.text(size: Self.textSize)
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.write(manufacturer, size: Self.textSize)
        buffer.write(hardware, size: Self.textSize)
        buffer.write(software, size: Self.textSize)
        buffer.write(serialNumber, size: Self.serialNumberSize)
        buffer.write(datapath, size: Self.textSize)
    }
}
