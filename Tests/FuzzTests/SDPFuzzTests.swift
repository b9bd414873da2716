import Primitives
import Testing

@Suite struct SDPFuzzTests {
    @Test func survivesNoise() {
        var generator = SeededGenerator(seed: 3).fork("sdp-noise")
        for _ in 0..<2_000 {
            let bytes = generator.bytes(Int(generator.next() % 300))
            bytes.withUnsafeBytes { fuzzSDP($0) }
        }
    }

    @Test func survivesMutations() {
        var generator = SeededGenerator(seed: 4).fork("sdp-mutations")
        for _ in 0..<3_000 {
            var lines = Self.offer.utf8.split(separator: 10).map(Array.init)
            for _ in 0..<1 + generator.next() % 5 {
                let index = Int(generator.next() % UInt64(lines.count))
                switch generator.next() % 6 {
                case 0 where lines.count > 1: lines.remove(at: index)
                case 1: lines.insert(lines[index], at: Int(generator.next() % UInt64(lines.count)))
                case 2: lines.swapAt(index, Int(generator.next() % UInt64(lines.count)))
                case 3: lines[index] = Array(lines[index].prefix(Int(generator.next() % 20)))
                case 4: lines[index] += Array(generator.text(4, from: "0123456789 :;=/*~,-").utf8)
                default:
                    guard !lines[index].isEmpty else { continue }
                    let position = Int(generator.next() % UInt64(lines[index].count))
                    lines[index][position] = UInt8(truncatingIfNeeded: generator.next())
                }
            }
            Array(lines.joined(separator: [13, 10])).withUnsafeBytes { fuzzSDP($0) }
        }
    }

    private static let offer = """
        v=0
        o=- 77 1 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1 2
        a=extmap-allow-mixed
        a=ice-ufrag:57oS
        a=ice-pwd:ivTlmUus6q3JLRSQRR3ASt
        a=fingerprint:sha-256 E0:00:10:B6:66:66:00:6D:D5:C2:57:32:27:7E:66:9F:55:5E:75:73:BC:2F:81:D5:56:0F:BC:31:91:2E:FD:6F
        m=audio 9 UDP/TLS/RTP/SAVPF 63 111
        c=IN IP4 0.0.0.0
        a=setup:active
        a=mid:0
        a=rtcp-mux
        a=sendrecv
        a=rtpmap:63 red/48000/2
        a=fmtp:63 111/111
        a=rtpmap:111 opus/48000/2
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=msid:- cidA
        a=ssrc:1113009662 cname:raw
        m=video 9 UDP/TLS/RTP/SAVPF 96 97
        a=mid:1
        a=setup:active
        a=rtcp-mux
        a=sendonly
        a=rtpmap:96 VP8/90000
        a=rtcp-fb:* nack pli
        a=rtpmap:97 rtx/90000
        a=fmtp:97 apt=96
        a=ssrc-group:FID 1 2
        a=ssrc:1 cname:raw
        a=ssrc:2 msid:- cidV
        a=extmap:10/sendonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
        a=rid:f send pt=96
        a=rid:h send
        a=simulcast:send f;~h,x recv q
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        a=setup:active
        a=mid:2
        a=sctp-port:5000
        a=max-message-size:65535
        """
}
