extension ClipSpecification {
    /// What a Visio page's camera sends as VP8: three layers as livekit-client sets them for 720p.
    public static let simulcastCamera = Video(
        seed: 1,
        layers: [
            Layer(width: 320, height: 180, framesPerSecond: 20, bitrate: 160_000),
            Layer(width: 640, height: 360, framesPerSecond: 20, bitrate: 450_000),
            Layer(width: 1280, height: 720, framesPerSecond: 30, bitrate: 1_700_000),
        ])

    /// What Chrome's camera sends: 1.445 Mbit/s of VP9 in all, divided as libwebrtc's `SvcRateAllocator` divides it:
    /// 0.55 times as much for each layer below, but no layer more than 1.6 bit/s per pixel and 50 kbit/s.
    public static let scalableCamera = Video(
        seed: 1, coding: .vp9(.l3t3Key),
        layers: [
            Layer(width: 320, height: 180, framesPerSecond: 30, bitrate: 142_000),
            Layer(width: 640, height: 360, framesPerSecond: 30, bitrate: 418_000),
            Layer(width: 1280, height: 720, framesPerSecond: 30, bitrate: 885_000),
        ])

    /// What Chrome sends of a shared screen: livekit-client's `h1080fps15` as VP9 with temporal layers only.
    public static let scalableScreen = Video(
        scene: .screen, seed: 4, coding: .vp9(.l1t3),
        layers: [Layer(width: 1920, height: 1080, framesPerSecond: 15, bitrate: 2_500_000)])

    /// What Firefox sends of a shared screen, and Chrome where a viewer cannot take VP9.
    public static let plainScreen = Video(
        scene: .screen, seed: 4,
        layers: [Layer(width: 1920, height: 1080, framesPerSecond: 15, bitrate: 2_500_000, speed: 12)])

    /// Two voices, Opus at 48 kbit/s.
    public static let voices = [
        Microphone(seed: 2, rhythm: .french, pitch: 118), Microphone(seed: 3, rhythm: .english, pitch: 196),
    ]

    /// All that Visio pages send.
    public static let standard = ClipSpecification(
        loopSeconds: 8, videos: [simulcastCamera, scalableCamera, scalableScreen, plainScreen],
        microphones: voices)

    /// One voice and every kind of picture, small and in a loop of two seconds: quick to prepare, for tests.
    public static let small = ClipSpecification(
        loopSeconds: 2,
        videos: [
            Video(
                seed: 1,
                layers: [
                    Layer(width: 320, height: 180, framesPerSecond: 20, bitrate: 100_000, speed: 12),
                    Layer(width: 640, height: 360, framesPerSecond: 20, bitrate: 250_000, speed: 12),
                ]),
            Video(
                seed: 1, coding: .vp9(.l3t3Key),
                layers: [
                    Layer(width: 160, height: 90, framesPerSecond: 20, bitrate: 60_000),
                    Layer(width: 320, height: 180, framesPerSecond: 20, bitrate: 140_000),
                    Layer(width: 640, height: 360, framesPerSecond: 20, bitrate: 300_000),
                ]),
            Video(
                scene: .screen, seed: 4, coding: .vp9(.l1t3),
                layers: [Layer(width: 640, height: 360, framesPerSecond: 10, bitrate: 300_000)]),
            Video(
                scene: .screen, seed: 4,
                layers: [Layer(width: 640, height: 360, framesPerSecond: 10, bitrate: 300_000, speed: 12)]),
        ], microphones: [Microphone(seed: 2, rhythm: .french, pitch: 118)])
}
