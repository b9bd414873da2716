import Probe
import Testing

@Suite struct NarrowbandEModelTests {
    /// Every input by its column, and every output.
    @Test func ratingsEqualTheVectors() throws {
        let inputs: [(String, WritableKeyPath<NarrowbandEModel, Double>)] = [
            ("SLR", \.sendLoudness), ("RLR", \.receiveLoudness), ("STMR", \.sidetoneMasking),
            ("Ds", \.sendFactor), ("Dr", \.receiveFactor), ("TELR", \.talkerEchoLoudness),
            ("WEPL", \.weightedEchoPathLoss), ("T", \.echoDelay), ("Tr", \.loopDelay),
            ("Ta", \.absoluteDelay), ("qdu", \.quantizationUnits), ("Ie", \.equipment),
            ("Bpl", \.lossRobustness), ("Ppl", \.lossPercent), ("BurstR", \.burstRatio),
            ("Nc", \.circuitNoise), ("Nfor", \.noiseFloor), ("Ps", \.sendRoomNoise),
            ("Pr", \.receiveRoomNoise), ("A", \.advantage), ("sT", \.delaySensitivity),
            ("mT", \.minimumPerceivableDelay),
        ]
        let outputs: [(String, KeyPath<NarrowbandEModel.Result, Double>)] = [
            ("No", \.noise), ("Ro", \.basic), ("Iolr", \.loudness), ("Ist", \.sidetone),
            ("Iq", \.quantization), ("Is", \.simultaneous), ("Idte", \.talkerEcho),
            ("Idle", \.listenerEcho), ("Idd", \.pureDelay), ("Id", \.delay),
            ("Ieeff", \.effectiveEquipment), ("R", \.rating),
        ]
        let rows = try VectorFile("emodel_nb.csv").rows
        #expect(rows.count == 311)
        for row in rows {
            var model = NarrowbandEModel()
            for (column, path) in inputs { model[keyPath: path] = try #require(row.number(column)) }
            let result = model.evaluate()
            for (column, path) in outputs {
                #expect(agree(result[keyPath: path], row.number(column)), "\(row.text("tag")) \(column)")
            }
            #expect(agree(EModel.meanOpinionScore(result.rating), row.number("MOS")))
        }
    }

    /// The number that catches a wrong listener echo: G.107 quotes it as 93.2.
    @Test func defaultsGiveTheQuotedRating() {
        #expect(abs(NarrowbandEModel().evaluate().rating - 93.2062) < 5e-5)
    }
}

@Suite struct VideotelephonyModelTests {
    @Test func qualityEqualsTheVectors() throws {
        let rows = try VectorFile("g1070_video.csv").rows
        #expect(rows.count == 300)
        for row in rows {
            let model: VideotelephonyModel = row.text("coeffs").hasPrefix("H264") ? .h264 : .mpeg4
            let result = model.evaluate(
                frameRate: try #require(row.number("fps")),
                kilobitsPerSecond: try #require(row.number("kbps")),
                lossPercent: try #require(row.number("ppl_pct")))
            #expect(agree(result.optimalFrameRate, row.number("Ofr")))
            #expect(agree(result.optimalQuality, row.number("Iofr")))
            #expect(agree(result.frameRateRobustness, row.number("DFr")))
            #expect(agree(result.lossRobustness, row.number("DPpl")))
            #expect(agree(result.coding, row.number("Icoding")))
            #expect(agree(result.quality, row.number("Vq")))
        }
    }
}
