/// The sizes of a picture's layers, from the lowest on; none where the track does not name any.
///
/// Of fixed size, since every synthetic client holds one for everybody else's camera.
public struct LayerSizes: Hashable, Sendable {
    private var widths: SIMD4<UInt16> = .zero
    private var heights: SIMD4<UInt16> = .zero
    /// How many layers there are.
    public private(set) var count = 0

    /// Takes the layers that a track was announced with.
    public init(_ info: LiveKitTrackInfo) {
        for layer in info.layers.sorted(by: { $0.height < $1.height }).prefix(4) where layer.height > 0 {
            widths[count] = UInt16(clamping: layer.width)
            heights[count] = UInt16(clamping: layer.height)
            count += 1
        }
        guard count == 0, info.height > 0 else { return }
        // LiveKit's own idea of a picture that nothing is known of.
        for height in [180, 360, info.height] {
            widths[count] = UInt16(clamping: info.height > 0 ? info.width * height / info.height : 0)
            heights[count] = UInt16(clamping: height)
            count += 1
        }
    }

    /// The size of a layer; the best for any that does not exist.
    public subscript(layer: Int) -> (width: Int, height: Int) {
        let layer = max(0, min(layer, count - 1))
        return (Int(widths[layer]), Int(heights[layer]))
    }

    /// The layer that a server sends for a tile of some height: the lowest that has nine tenths of it (LiveKit's
    /// `GetQualityForDimension`).
    public func layer(forHeight height: Int) -> Int {
        let wanted = UInt16(clamping: height * 9 / 10)
        for layer in 0..<max(0, count - 1)
        where heights[layer] >= wanted && heights[layer] != heights[layer + 1] {
            return layer
        }
        return max(0, count - 1)
    }
}
