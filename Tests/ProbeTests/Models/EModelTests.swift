import Probe
import Testing

@Suite struct EModelTests {
    @Test func widebandRatingEqualsTheVectors() throws {
        let file = try VectorFile("emodel_wb.csv")
        #expect(file.rows.count > 1000)
        for row in file.rows {
            let impairments = EModel.Impairments(
                equipment: try #require(row.number("Ie")), lossRobustness: try #require(row.number("Bpl")),
                lossPercent: try #require(row.number("Ppl_pct")),
                burstRatio: try #require(row.number("BurstR")),
                delayMilliseconds: try #require(row.number("Ta_ms")))
            let rating = EModel.rating(impairments)
            #expect(agree(rating, row.number("R")))
            #expect(agree(EModel.effectiveEquipmentImpairment(impairments), row.number("Ieeff")))
            #expect(agree(EModel.wideband(mosOf: rating), row.number("MOS")))
        }
    }

    @Test func delayImpairmentEqualsTheVectors() throws {
        for row in try VectorFile("emodel_idd.csv").rows {
            let impairment = EModel.delayImpairment(
                milliseconds: try #require(row.number("Ta_ms")), sensitivity: try #require(row.number("sT")),
                minimumPerceivable: try #require(row.number("mT_ms")))
            #expect(agree(impairment, row.number("Idd")))
        }
    }

    @Test func opinionScoreEqualsTheVectors() throws {
        for row in try VectorFile("emodel_r_mos.csv").rows {
            #expect(agree(EModel.meanOpinionScore(try #require(row.number("R"))), row.number("MOS")))
        }
    }

    @Test func opusTableRowsGiveTheirPublishedScores() {
        // 24 kbit/s without FEC at 0/1/2/5/10 % random loss: the scores printed beside the derived table.
        let codec = OpusImpairment(bitrate: 24_000, inbandFEC: false)
        let scores = [0.0, 1, 2, 5, 10].map { loss in
            EModel.wideband(
                mosOf: EModel.rating(
                    EModel.Impairments(
                        equipment: codec.equipment, lossRobustness: codec.lossRobustness, lossPercent: loss,
                        burstRatio: 1, delayMilliseconds: 0)))
        }
        for (score, expected) in zip(scores, [4.37, 4.14, 3.91, 3.33, 2.75]) {
            #expect(abs(score - expected) < 0.006)
        }
    }
}
