import Primitives
import WireFormats

/// Decides which frames of a scalable stream go to one subscriber, as LiveKit does by dependency descriptors.
///
/// Of all decode targets that are sent, not above the wanted layer and whose chain is unbroken, the highest is served:
/// its subscriber gets the frames that this target needs and no others. A layer is therefore entered where its chain
/// begins or goes on unbroken, which after a change of layers is the next key picture.
struct LayerSelector {
    private enum Decision: UInt8 {
        case unknown
        case forwarded
        case dropped
    }

    /// The layer that is wanted.
    var wanted = (spatial: 2, temporal: 2)
    /// The layer that is forwarded now.
    private(set) var current: (spatial: Int, temporal: Int)?

    private var keyFrame: Int64?
    private var isChainIntact = [Bool](repeating: false, count: FrameDependencies.maximumTargetCount)
    /// What became of the latest frames, by number modulo 256.
    private var decisions = [Decision](repeating: .unknown, count: 256)
    private var newestFrame: Int64?

    /// Forgets what was forwarded: the next frame must be a key frame.
    mutating func stop() {
        keyFrame = nil
        current = nil
    }

    /// Whether the wanted layer, or the highest that is sent below it, can be served without a key frame.
    func isLocked(_ uplink: ScalableUplink) -> Bool {
        guard keyFrame != nil, let highest = uplink.highestSpatial else { return false }
        let goal = min(wanted.spatial, highest)
        return uplink.targets.contains {
            $0.spatial == goal && uplink.isActive($0) && isIntact($0)
        }
    }

    /// Whether a packet goes to the subscriber.
    mutating func admits(_ packet: ScalablePacket, of uplink: ScalableUplink) -> Bool {
        if keyFrame == nil, !packet.startsKeyFrame { return false }
        if let newestFrame, packet.frame <= newestFrame - 256 { return false }
        switch decision(packet.frame) {
        case .forwarded: return true
        case .dropped: return false
        case .unknown: break
        }
        remember(packet.frame)
        let isAdmitted = decide(packet, uplink)
        set(isAdmitted ? .forwarded : .dropped, packet.frame)
        return isAdmitted
    }

    private mutating func decide(_ packet: ScalablePacket, _ uplink: ScalableUplink) -> Bool {
        if packet.startsKeyFrame, packet.frame > keyFrame ?? .min {
            keyFrame = packet.frame
            for chain in isChainIntact.indices { isChainIntact[chain] = false }
        }
        // A structure was missed: nothing fits together before the next.
        guard packet.keyFrame == keyFrame else {
            keyFrame = nil
            return false
        }
        for chain in 0..<(uplink.structure?.chainCount ?? 0) {
            let difference = Int64(packet.dependencies[chain: chain])
            if difference == 0 {
                isChainIntact[chain] = true
            } else if decision(packet.frame - difference) == .dropped {
                isChainIntact[chain] = false
            }
        }
        let target = uplink.targets.first {
            uplink.isActive($0) && $0.spatial <= wanted.spatial && $0.temporal <= wanted.temporal
                && isIntact($0)
        }
        guard let target, packet.dependencies[target: target.number] != .notPresent else { return false }
        for index in 0..<packet.dependencies.differenceCount {
            let difference = Int64(packet.dependencies[difference: index])
            if decision(packet.frame - difference) == .dropped { return false }
        }
        current = (target.spatial, target.temporal)
        return true
    }

    private func isIntact(_ target: ScalableUplink.Target) -> Bool {
        target.chain.map { isChainIntact[$0] } ?? true
    }

    private func decision(_ frame: Int64) -> Decision {
        guard let newestFrame, frame <= newestFrame, frame > newestFrame - 256 else { return .unknown }
        return decisions[Int(frame & 255)]
    }

    private mutating func set(_ decision: Decision, _ frame: Int64) { decisions[Int(frame & 255)] = decision }

    /// Makes room for a frame among the latest.
    private mutating func remember(_ frame: Int64) {
        let newest = newestFrame ?? frame - 1
        guard frame > newest else { return }
        for skipped in max(newest + 1, frame - 255)...frame { set(.unknown, skipped) }
        newestFrame = frame
    }
}
