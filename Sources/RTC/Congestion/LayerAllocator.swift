public import Primitives

/// Decides which layers of a track are sent with the rate that it has (libwebrtc's `SimulcastRateAllocator`).
///
/// Layers are served from the lowest up: each takes its target, and the next one comes if what is left reaches its
/// minimum. One that is off comes back only with a fifth more, so that it does not flicker.
public struct LayerAllocator: Sendable {
    /// What one layer needs, headers included.
    public struct Layer: Sendable, Hashable {
        /// Below this it is not sent.
        public var minimum: Bitrate
        /// What it takes while a higher layer is sent too.
        public var target: Bitrate
        /// What it can fill.
        public var maximum: Bitrate
        /// Whether anybody wants it.
        public var isWanted: Bool

        /// Describes a layer.
        public init(minimum: Bitrate, target: Bitrate, maximum: Bitrate, isWanted: Bool = true) {
            self.minimum = minimum
            self.target = target
            self.maximum = maximum
            self.isWanted = isWanted
        }

        /// Describes a layer that was encoded before and has one rate: all of it or nothing.
        ///
        /// Sending it a little above what is allowed is better than flickering, so a tenth less still carries it.
        public init(encodedAt rate: Bitrate, isWanted: Bool = true) {
            self.init(minimum: rate * 0.9, target: rate, maximum: rate, isWanted: isWanted)
        }
    }

    /// How much more a layer needs to be switched on than to stay on (`kVideoHysteresisFactor`, and
    /// `kScreenshareHysteresisFactor` for a screen).
    public static let videoHysteresis = 1.2
    /// The same for a screen.
    public static let screenHysteresis = 1.35

    /// The layers, lowest first.
    public var layers: ContiguousArray<Layer>
    /// Which of them are sent.
    public private(set) var isSent: ContiguousArray<Bool>
    private let hysteresis: Double
    /// Whether a rate was ever allocated: the first time nothing is held back.
    private var hasAllocated = false

    /// Starts with every layer off.
    public init(layers: some Sequence<Layer>, hysteresis: Double = LayerAllocator.videoHysteresis) {
        self.layers = ContiguousArray(layers)
        isSent = ContiguousArray(repeating: false, count: self.layers.count)
        self.hysteresis = hysteresis
    }

    /// Chooses the layers for a rate.
    ///
    /// - Parameter rate: What the track may send. The lowest wanted layer is sent even below its minimum.
    /// - Returns: Whether anything changed.
    @discardableResult
    public mutating func allocate(_ rate: Bitrate) -> Bool {
        var left = rate
        var isOpen = true
        var isFirst = true
        var hasChanged = false
        for index in layers.indices {
            let layer = layers[index]
            var isOn = false
            if layer.isWanted, isOpen {
                isOn = isFirst || left >= threshold(of: index)
                isFirst = false
                isOpen = isOn
                left = left - min(left, layer.target)
            }
            hasChanged = hasChanged || isSent[index] != isOn
            isSent[index] = isOn
        }
        hasAllocated = true
        return hasChanged
    }

    /// The least that the track needs: its lowest wanted layer.
    public var minimum: Bitrate { layers.first(where: \.isWanted)?.minimum ?? .zero }

    /// The most that the track can fill.
    public var maximum: Bitrate {
        layers.reduce(Bitrate.zero) { $1.isWanted ? $0 + $1.maximum : $0 }
    }

    /// Up to which rate padding helps: where the highest wanted layer is switched on (`CalculateMaxPadBitrateBps`).
    ///
    /// A track with one layer needs none: its own growth tests the path.
    public var padding: Bitrate {
        guard layers.count(where: \.isWanted) > 1, let top = layers.lastIndex(where: \.isWanted) else {
            return .zero
        }
        let below = layers[..<top].reduce(Bitrate.zero) { $1.isWanted ? $0 + $1.target : $0 }
        return below + min(layers[top].minimum * hysteresis, layers[top].target)
    }

    private func threshold(of index: Int) -> Bitrate {
        let layer = layers[index]
        guard hasAllocated, !isSent[index] else { return layer.minimum }
        return min(layer.minimum * hysteresis, layer.target)
    }
}

/// Divides a rate between tracks: everybody's minimum first, then equal shares up to what each can fill (libwebrtc's
/// `BitrateAllocator` with equal priorities).
public enum BitrateDistribution {
    /// What one track needs and gets.
    public struct Share: Sendable, Hashable {
        /// The least that it needs.
        public var minimum: Bitrate
        /// The most that it can fill.
        public var maximum: Bitrate
        /// What it gets.
        public var allocated = Bitrate.zero

        /// Describes a track.
        public init(minimum: Bitrate, maximum: Bitrate) {
            self.minimum = minimum
            self.maximum = maximum
        }
    }

    /// Fills in what each track gets of `rate`; minima are granted even if there is too little.
    public static func distribute(_ rate: Bitrate, among shares: inout ContiguousArray<Share>) {
        var left = rate
        for index in shares.indices {
            shares[index].allocated = shares[index].minimum
            left = left - shares[index].minimum
        }
        // Every round fills at least one track or ends.
        for _ in shares.indices where left > .zero {
            let open = shares.count { $0.allocated < $0.maximum }
            guard open > 0 else { return }
            let part = left * (1 / Double(open))
            for index in shares.indices where shares[index].allocated < shares[index].maximum {
                let extra = min(part, shares[index].maximum - shares[index].allocated)
                shares[index].allocated += extra
                left = left - extra
            }
        }
    }
}
