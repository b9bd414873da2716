import EmbeddedVisio
import Primitives
import RTC
import Testing
import Visio
import WireFormats

@Suite("Forwarding of scalable streams")
struct ScalableForwardingTests {
    /// Publisher and viewers; the viewers have answered the server's question for sections.
    private static func room(
        _ viewers: Int, codecs: [Codec] = [.vp8, .vp9], policy: LiveKitBackupCodecPolicy? = nil
    ) throws -> (deployment: Deployment, camera: ScalableCamera, viewers: [Visitor]) {
        let deployment = Deployment()
        let publisher = try deployment.connect("publisher")
        let visitors = try (0..<viewers).map { try deployment.connect("viewer \($0)", codecs: codecs) }
        let camera = try ScalableCamera(deployment, of: publisher, policy: policy)
        subscribe(visitors, deployment)
        return (deployment, camera, visitors)
    }

    private static func subscribe(_ visitors: [Visitor], _ deployment: Deployment) {
        for visitor in visitors { deployment.send(.offer(visitor.offer()), from: visitor) }
        deployment.advance(by: .milliseconds(50))
    }

    private static func ask(
        _ visitor: Visitor, _ quality: LiveKitVideoQuality, frameRate: UInt32 = 0, _ camera: ScalableCamera,
        _ deployment: Deployment
    ) {
        var settings = LiveKitUpdateTrackSettings()
        settings.trackSids = [camera.sid]
        settings.quality = quality
        settings.fps = frameRate
        deployment.send(.trackSetting(settings), from: visitor)
    }

    @Test func codecsAndExtensionsAreAgreedOn() throws {
        let (_, camera, viewers) = try Self.room(1)
        #expect(camera.codecs.first == .vp9)
        let answer = try #require(camera.visitor.last(\.answer)).sdp
        #expect(answer.contains("dependency-descriptor-rtp-header-extension"))
        #expect(answer.contains("a=fmtp:98 profile-id=0"))
        let track = try #require(camera.visitor.last(\.trackPublished)).track
        #expect(track.codecs.map(\.mimeType) == ["video/VP9", "video/VP8"])
        #expect(!track.simulcast)
        // The genuine server describes nothing downwards.
        let down = try #require(viewers[0].last(\.answer)).sdp
        #expect(down.contains("VP9/90000"))
    }

    /// Each viewer gets its layer: all of a key picture up to it, and of others nothing else; each sees its own
    /// continuous stream whose pictures end with a marker.
    @Test(arguments: [true, false])
    func everybodyGetsTheLayerItAskedFor(_ hasDescriptors: Bool) throws {
        let (deployment, camera, viewers) = try Self.room(3)
        camera.hasDescriptors = hasDescriptors
        for (viewer, quality) in zip(viewers, [LiveKitVideoQuality.low, .medium, .high]) {
            Self.ask(viewer, quality, camera, deployment)
        }
        camera.send(pictures: 20)
        for viewer in viewers { _ = viewer.takeMedia() }
        camera.send(pictures: 25)
        for (wanted, viewer) in viewers.enumerated() {
            let view = ScalableView(viewer.takeMedia())
            let spatial: Set<Int> = hasDescriptors ? [wanted] : Set(0...wanted)
            #expect(view.spatialLayers == spatial)
            #expect(view.packets.count == 25 * 2 * spatial.count)
            #expect(view.isContinuous)
            #expect(view.endsPicturesOnce)
        }
    }

    /// A better layer begins with the key picture that the publisher is asked for, a lower one too.
    @Test func layersChangeInKeyPictures() throws {
        let (deployment, camera, viewers) = try Self.room(1)
        Self.ask(viewers[0], .low, camera, deployment)
        // Key frames are asked for twice a second at most.
        camera.send(pictures: 20)
        _ = viewers[0].takeMedia()
        for (quality, layer) in [(LiveKitVideoQuality.high, 2), (.medium, 1)] {
            let before = ScalableView(viewers[0].takeMedia()).spatialLayers
            let requests = camera.visitor.keyFrameRequests
            Self.ask(viewers[0], quality, camera, deployment)
            deployment.advance(by: .milliseconds(20))
            #expect(camera.visitor.keyFrameRequests == requests + 1)
            camera.send(pictures: 4, obeys: false)
            #expect(!ScalableView(viewers[0].takeMedia()).spatialLayers.contains(layer), "after \(before)")
            camera.send(pictures: 1)
            let key = ScalableView(viewers[0].takeMedia())
            #expect(key.spatialLayers == Set(0...layer))
            #expect(key.endsPicturesOnce)
            camera.send(pictures: 20)
            let after = ScalableView(viewers[0].takeMedia())
            #expect(after.spatialLayers == [layer])
            #expect(after.isContinuous)
        }
    }

    /// Half the pictures in a second, a quarter: temporal layers are left out.
    @Test(arguments: [(0, 28), (15, 14), (7, 7)] as [(UInt32, Int)])
    func fewerPicturesOnRequest(_ frameRate: UInt32, expected: Int) throws {
        let (deployment, camera, viewers) = try Self.room(1)
        camera.send(pictures: 60)
        Self.ask(viewers[0], .high, frameRate: frameRate, camera, deployment)
        camera.send(pictures: 20)
        _ = viewers[0].takeMedia()
        camera.send(pictures: 28)
        let view = ScalableView(viewers[0].takeMedia())
        #expect(Set(view.packets.map(\.timestamp)).count == expected)
        #expect(view.isContinuous)
        #expect(view.endsPicturesOnce)
    }

    /// The publisher stops its upper layers: the viewer gets the best that is there, and the best again later.
    @Test func layersThatAreNotSentAreNotWaitedFor() throws {
        let (_, camera, viewers) = try Self.room(1)
        camera.send(pictures: 10)
        _ = viewers[0].takeMedia()
        camera.send(pictures: 10, active: 1)
        let low = ScalableView(viewers[0].takeMedia())
        #expect(low.spatialLayers.contains(0))
        camera.send(pictures: 10)
        _ = viewers[0].takeMedia()
        camera.send(pictures: 10)
        #expect(ScalableView(viewers[0].takeMedia()).spatialLayers == [2])
    }

    /// What is paused goes on with a key picture and the next number.
    @Test func pausesLeaveNoGap() throws {
        let (deployment, camera, viewers) = try Self.room(1)
        camera.send(pictures: 5)
        let last = try #require(viewers[0].takeMedia().last)
        var settings = LiveKitUpdateTrackSettings()
        settings.trackSids = [camera.sid]
        settings.disabled = true
        deployment.send(.trackSetting(settings), from: viewers[0])
        camera.send(pictures: 10)
        #expect(viewers[0].takeMedia().isEmpty)
        settings.disabled = false
        settings.quality = .high
        deployment.send(.trackSetting(settings), from: viewers[0])
        camera.send(pictures: 5)
        let view = ScalableView(viewers[0].takeMedia())
        #expect(view.packets.first?.sequence == last.sequence + 1)
        #expect(view.descriptors.first?.startsKeyFrame == true)
        #expect(view.isContinuous)
    }

    /// SDKs name codecs only where there is a second one: else the offer shows what is sent.
    @Test func theOfferShowsTheCodec() throws {
        let deployment = Deployment()
        let publisher = try deployment.connect("publisher")
        let viewer = try deployment.connect("viewer", codecs: [.vp8, .vp9])
        let camera = try ScalableCamera(deployment, of: publisher, namesCodecs: false)
        Self.subscribe([viewer], deployment)
        camera.send(pictures: 5)
        #expect(Set(viewer.takeMedia().map(\.codec)) == [.vp9])
    }

    // MARK: The second codec

    /// Nobody wants VP8 as long as all can take VP9.
    @Test func theSecondCodecIsOff() throws {
        let (deployment, camera, _) = try Self.room(2)
        camera.send(pictures: 3)
        deployment.advance(by: .seconds(6))
        let update = try #require(camera.visitor.last(\.subscribedQualityUpdate))
        #expect(update.subscribedCodecs.first { $0.codec == "vp9" }?.qualities.allSatisfy(\.enabled) == true)
        #expect(
            update.subscribedCodecs.first { $0.codec == "vp8" }?.qualities.contains(where: \.enabled) != true)
    }

    /// A viewer without VP9 waits for the second codec, which the publisher is asked for.
    @Test func theSecondCodecIsAskedFor() throws {
        let (deployment, camera, viewers) = try Self.room(1, codecs: [.vp8])
        camera.send(pictures: 3)
        #expect(viewers[0].takeMedia().isEmpty)
        let update = try #require(camera.visitor.last(\.subscribedQualityUpdate))
        #expect(
            update.subscribedCodecs.first { $0.codec == "vp8" }?.qualities.contains(where: \.enabled) == true)
        // It publishes the same track again, as livekit-client does.
        var request = LiveKitAddTrackRequest()
        request.cid = "second"
        request.sid = camera.sid
        request.type = .video
        request.source = .camera
        var codec = LiveKitSimulcastCodec()
        codec.codec = "vp8"
        codec.cid = "second"
        request.simulcastCodecs = [codec]
        let section = deployment.publishPicture(
            request,
            OutgoingTrack(
                kind: .video, streamID: "-", trackID: "second", codec: .vp8,
                layers: [OutgoingLayer(ssrc: 87, rtxSSRC: 88)]), of: camera.visitor)
        let told = try #require(camera.visitor.last(\.trackPublished))
        #expect(told.cid == "second")
        #expect(told.track.sid == camera.sid)
        deployment.advance(by: .milliseconds(50))
        let type = try #require(camera.visitor.peer.sections[section].codec(.vp8)?.payloadType)
        for number in 0..<3 as Range<UInt16> {
            deployment.advance(by: .milliseconds(33))
            deployment.write(camera.visitor) { peer, now, outbox in
                _ = peer.send(
                    section: section, layer: 0, payloadType: type, timestamp: 3000 * UInt32(number),
                    marker: true, sequenceNumber: nil, token: 0, audioLevel: nil, now: now, into: &outbox
                ) { buffer in
                    // A descriptor with picture id, and the head of a key frame.
                    let bytes: [UInt8] = [
                        0x90, 0x80, UInt8(number), 0x10, 0, 0, 0x9d, 1, 0x2a, 64, 1, 180, 0,
                    ]
                    buffer.copyBytes(from: bytes)
                    return bytes.count
                }
            }
        }
        #expect(viewers[0].takeMedia().map(\.codec) == [.vp8, .vp8, .vp8])
    }
}
