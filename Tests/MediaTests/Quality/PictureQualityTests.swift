import Media
import Testing

@Suite struct PictureQualityTests {
    /// Published pairs and their scores by other software: PSNR 1e-6 dB, libyuv's SSIM to the last bit but
    /// the order of the final sum, Gaussian SSIM 1e-6.
    @Test func agreesWithReferenceScores() throws {
        let rows = try Fixture.rows("scores.csv")
        #expect(rows.count == 6)
        for row in rows {
            let expected = try row[2...].map { try #require(Double($0)) }
            try Fixture.withLuma("ref_\(row[0]).y4m") { reference in
                try Fixture.withLuma("deg_\(row[0])_\(row[1]).y4m") { received in
                    let quality = PictureQuality(of: received, against: reference)
                    #expect(abs(quality.psnr - expected[0]) < 1e-6, "\(row)")
                    #expect(abs(quality.ssim - expected[1]) < 1e-12, "\(row)")
                    let gaussian = GaussianSSIM.similarity(of: received, against: reference)
                    #expect(abs(gaussian - expected[2]) < 1e-6, "\(row)")
                }
            }
        }
    }

    @Test func identicalPicturesScoreTheMaximum() throws {
        try Fixture.withLuma("ref_A.y4m") { reference in
            let quality = PictureQuality(of: reference, against: reference)
            #expect(quality == PictureQuality(psnr: PictureQuality.identicalPSNR, ssim: 1))
            #expect(abs(GaussianSSIM.similarity(of: reference, against: reference) - 1) < 1e-12)
        }
    }

    /// 10 lg(255^2 * n / 10^2) for n samples.
    @Test(arguments: [(16, 16, 52.2131), (18, 14, 52.1447), (21, 17, 53.6574)])
    func oneChangedSampleGivesItsError(width: Int, height: Int, decibels: Double) {
        let reference = [UInt8](repeating: 100, count: width * height)
        var received = reference
        received[width * height - 1] = 110
        withPlane(reference, width: width, height: height) { reference in
            withPlane(received, width: width, height: height) { received in
                #expect(abs(PictureQuality(of: received, against: reference).psnr - decibels) < 1e-3)
            }
        }
    }

    @Test func theMarkIsLeftOut() {
        let clean = Picture(width: 320, height: 180)
        let marked = Picture(width: 320, height: 180)
        FrameMark(stream: 1, frameNumber: 2).draw(into: marked)
        marked.withLuma { marked in
            clean.withLuma { clean in
                #expect(PictureQuality(of: marked, against: clean).psnr < 30)
                #expect(
                    PictureQuality(ofUnmarked: marked, against: clean).psnr == PictureQuality.identicalPSNR)
            }
        }
    }
}

@Suite struct AudioLevelTests {
    @Test(
        arguments: zip(
            [Int16.max, -Int16.max, 16384, 3277, 328, 1, 0], [0, 0, 6, 20, 40, 90, 127] as [UInt8]))
    func measuresConstantSound(sample: Int16, level: UInt8) {
        let samples = [Int16](repeating: sample, count: 960)
        #expect(samples.withUnsafeBufferPointer(AudioLevel.measure) == level)
    }

    @Test func noSoundIsSilence() {
        #expect(AudioLevel.measure(UnsafeBufferPointer(start: nil, count: 0)) == AudioLevel.silence)
    }
}
