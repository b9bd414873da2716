import Primitives
import RTC
import Testing

@Suite struct LayerAllocatorTests {
    /// What libwebrtc makes of livekit-client's 720p simulcast: its own minima, and targets limited by the page's
    /// maxima of 160, 450 and 1700 kbit/s.
    private static let page: [LayerAllocator.Layer] = [
        layer(30, 150, 160), layer(150, 450, 450), layer(600, 1700, 1700),
    ]

    private static func layer(_ minimum: Double, _ target: Double, _ maximum: Double) -> LayerAllocator.Layer
    {
        LayerAllocator.Layer(
            minimum: .kilobitsPerSecond(minimum), target: .kilobitsPerSecond(target),
            maximum: .kilobitsPerSecond(maximum))
    }

    /// How many layers are sent after a series of rates in kbit/s.
    private func count(_ rates: Double..., layers: [LayerAllocator.Layer] = page) -> Int {
        var allocator = LayerAllocator(layers: layers)
        for rate in rates { allocator.allocate(.kilobitsPerSecond(rate)) }
        return allocator.isSent.count { $0 }
    }

    @Test func layersComeWhenTheirMinimumIsLeft() {
        #expect(count(10) == 1)
        #expect(count(299) == 1)
        #expect(count(300) == 2)
        #expect(count(1199) == 2)
        #expect(count(1200) == 3)
    }

    /// A layer that is off needs a fifth more: 150 + 450 + 1.2 x 600.
    @Test func layersComeBackWithHysteresis() {
        #expect(count(200, 320) == 1)
        #expect(count(200, 330) == 2)
        #expect(count(600, 1319) == 2)
        #expect(count(600, 1320) == 3)
        // Once on, it stays down to its minimum.
        #expect(count(600, 1320, 1200) == 3)
        #expect(count(600, 1320, 1199) == 2)
        #expect(count(600, 1320, 1199, 1320) == 3)
    }

    /// What nobody wants is not sent, and takes nothing.
    @Test func unwantedLayersAreLeftOut() {
        var layers = Self.page
        layers[1].isWanted = false
        #expect(count(749, layers: layers) == 1)
        #expect(count(750, layers: layers) == 2)
        layers[0].isWanted = false
        layers[2].isWanted = false
        #expect(count(5000, layers: layers) == 0)
    }

    /// The page's figures: padded up to 1.32 Mbit/s, where the highest layer is switched on, and 2.31 Mbit/s in all.
    @Test func aTrackTellsWhatItNeeds() {
        var allocator = LayerAllocator(layers: Self.page)
        #expect(allocator.minimum == .kilobitsPerSecond(30))
        #expect(allocator.maximum == .kilobitsPerSecond(2310))
        #expect(allocator.padding == .kilobitsPerSecond(1320))
        allocator.layers[2].isWanted = false
        #expect(allocator.padding == .kilobitsPerSecond(150 + 180))
        allocator.layers[1].isWanted = false
        #expect(allocator.padding == .zero)
    }

    /// Layers with one rate are sent whole or not at all.
    @Test func encodedLayersHaveOneRate() {
        let layers = [160.0, 450, 1700].map { LayerAllocator.Layer(encodedAt: .kilobitsPerSecond($0)) }
        #expect(count(610, layers: layers) == 2)
        #expect(count(560, layers: layers) == 1)
        #expect(count(610, 566, layers: layers) == 2)
        #expect(count(610, 2300, layers: layers) == 2)
        #expect(count(610, 2310, layers: layers) == 3)
    }

    @Test func aRateIsDividedEvenly() {
        func divide(_ rate: Double) -> [Double] {
            var shares: ContiguousArray<BitrateDistribution.Share> = [
                .init(minimum: .kilobitsPerSecond(30), maximum: .kilobitsPerSecond(2310)),
                .init(minimum: .kilobitsPerSecond(30), maximum: .kilobitsPerSecond(500)),
            ]
            BitrateDistribution.distribute(.kilobitsPerSecond(rate), among: &shares)
            return shares.map { ($0.allocated.kilobitsPerSecond * 1000).rounded() / 1000 }
        }
        #expect(divide(40) == [30, 30])
        #expect(divide(600) == [300, 300])
        #expect(divide(1500) == [1000, 500])
        #expect(divide(9000) == [2310, 500])
    }
}
