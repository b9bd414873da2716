import WireFormats

/// Decides which packets of a VP9 stream without dependency descriptors go to one subscriber, by its payload descriptors
/// as LiveKit does: everything up to the current layer, which rises in key pictures and falls behind any frame.
struct DescriptorSelector {
    /// The layer that is wanted.
    var wanted = (spatial: 2, temporal: 2)
    /// The layer that is forwarded now.
    private(set) var current: (spatial: Int, temporal: Int)?

    /// Forgets what was forwarded: the next frame must be a key frame.
    mutating func stop() { current = nil }

    /// Whether a packet goes to the subscriber, and whether it ends what the subscriber gets of its picture.
    mutating func admits(_ descriptor: VP9PayloadDescriptor) -> (isAdmitted: Bool, endsPicture: Bool) {
        let layer = (spatial: descriptor.spatialLayer, temporal: Int(descriptor.layer?.temporal ?? 0))
        guard var now = current ?? (descriptor.startsKeyFrame ? layer : nil) else { return (false, false) }
        if descriptor.isStartOfFrame {
            let isUp = descriptor.layer?.isSwitchingUpPoint == true
            if isUp, layer.temporal > now.temporal, layer.temporal <= wanted.temporal {
                now.temporal = layer.temporal
            }
            if !descriptor.isInterPicture, layer.spatial > now.spatial, layer.spatial <= wanted.spatial {
                now.spatial = layer.spatial
            }
        }
        let isAdmitted = layer.spatial <= now.spatial && layer.temporal <= now.temporal
        let isLowestOfPicture = descriptor.isInterPicture || wanted.spatial <= now.spatial
        let endsPicture = descriptor.isEndOfFrame && layer.spatial == now.spatial && isLowestOfPicture
        if descriptor.isEndOfFrame {
            now.temporal = min(now.temporal, wanted.temporal)
            now.spatial = min(now.spatial, wanted.spatial)
        }
        current = now
        return (isAdmitted, endsPicture)
    }
}
