import Media
import Primitives
import RTC
import Scenario

/// What the participant can afford to send, where it adapts to its path.
extension SyntheticClient {
    /// The share of its full rate with which a scalable stream starts: livekit-client's `x-google-start-bitrate`.
    private static let scalableStartShare = 0.7

    /// Gets ready to choose the layers of a picture whose codec was just agreed.
    func prepareAllocation(_ video: Int, _ coding: Int, now: Instant) {
        guard isAdaptive, let sender = tracks.videos[video].codings[coding].sender else { return }
        let isScreen = tracks.videos[video].source == .screen
        tracks.videos[video].codings[coding].allocator = LayerAllocator(
            layers: sender.rates.map { LayerAllocator.Layer(encodedAt: $0) },
            hysteresis: isScreen ? LayerAllocator.screenHysteresis : LayerAllocator.videoHysteresis)
        guard tracks.videos[video].codings[coding].codec == .vp9 else { return }
        let full = tracks.videos[video].codings[coding].clip.layers.reduce(0) {
            $0 + $1.specification.bitrate
        }
        publisher?.setStartBitrate(.bitsPerSecond(Double(full) * Self.scalableStartShare), now: now)
    }

    /// Divides what may be sent between the pictures, chooses the layers of each, and tells the congestion control what
    /// all of them need.
    func allocateLayers(now: Instant) {
        guard isAdaptive, let publisher, let state = publisher.congestionState else { return }
        var shares: ContiguousArray<BitrateDistribution.Share> = []
        var padding = Bitrate.zero
        var isScreenShared = false
        forEachSender { video, coding, sender in
            noteWanted(video, coding, sender.wantedLayers)
            guard let allocator = tracks.videos[video].codings[coding].allocator else { return }
            shares.append(BitrateDistribution.Share(minimum: allocator.minimum, maximum: allocator.maximum))
            padding += allocator.padding
            isScreenShared = isScreenShared || tracks.videos[video].source == .screen
        }
        BitrateDistribution.distribute(state.mediaTarget, among: &shares)
        var next = 0
        forEachSender { video, coding, sender in
            let share = shares[next]
            next += 1
            guard share.maximum > .zero else { return }
            tracks.videos[video].codings[coding].allocator?.allocate(share.allocated)
            let top = tracks.videos[video].codings[coding].allocator?.isSent.lastIndex(of: true)
            sender.setAffordable(1 + (top ?? 0), now: now)
        }
        publisher.setWantedBitrates(
            minimum: shares.reduce(.zero) { $0 + $1.minimum },
            maximum: shares.reduce(.zero) { $0 + $1.maximum },
            padding: padding, probesPeriodically: isScreenShared, now: now)
    }

    /// Marks the layers that somebody wants.
    private func noteWanted(_ video: Int, _ coding: Int, _ wanted: UInt8) {
        guard let count = tracks.videos[video].codings[coding].allocator?.layers.count else { return }
        for layer in 0..<count {
            tracks.videos[video].codings[coding].allocator?.layers[layer].isWanted =
                wanted >> UInt8(layer) & 1 == 1
        }
    }

    /// Visits what has an allocator, in the order in which it was published.
    private func forEachSender(_ body: (_ video: Int, _ coding: Int, _ sender: any VideoSender) -> Void) {
        for video in tracks.videos.indices {
            for coding in tracks.videos[video].codings.indices {
                guard let sender = tracks.videos[video].codings[coding].sender,
                    tracks.videos[video].codings[coding].allocator != nil
                else { continue }
                body(video, coding, sender)
            }
        }
    }
}
