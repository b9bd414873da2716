import Probe
import Testing

@Suite struct EModelTests {
    @Test func widebandRatingEqualsTheVectors() throws {
        let rows = try VectorFile("emodel_wb_fb.csv").rows.filter { $0.text("model") == "wb" }
        #expect(rows.count == 1344)
        for row in rows {
            let impairments = try Self.impairments(row)
            let rating = EModel.rating(impairments)
            #expect(agree(rating, row.number("R")))
            #expect(agree(EModel.effectiveEquipmentImpairment(impairments), row.number("Ieeff")))
            #expect(agree(EModel.wideband(mosOf: rating), row.number("MOS")))
        }
    }

    @Test func fullbandRatingEqualsTheVectors() throws {
        let rows = try VectorFile("emodel_wb_fb.csv").rows.filter { $0.text("model") == "fb" }
        #expect(rows.count == 1344)
        for row in rows {
            let impairments = try Self.impairments(row)
            let rating = FullbandEModel.rating(impairments)
            #expect(agree(rating, row.number("R")))
            #expect(agree(FullbandEModel.effectiveEquipmentImpairment(impairments), row.number("Ieeff")))
            #expect(
                agree(
                    FullbandEModel.delayImpairment(milliseconds: impairments.delayMilliseconds),
                    row.number("Idd")))
            #expect(agree(FullbandEModel.meanOpinionScore(rating), row.number("MOS")))
        }
    }

    private static func impairments(_ row: VectorFile.Row) throws -> EModel.Impairments {
        EModel.Impairments(
            equipment: try #require(row.number("Ie")), lossRobustness: try #require(row.number("Bpl")),
            lossPercent: try #require(row.number("Ppl_pct")), burstRatio: try #require(row.number("BurstR")),
            delayMilliseconds: try #require(row.number("Ta_ms")))
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
            let rating = try #require(row.number("R"))
            #expect(agree(EModel.meanOpinionScore(rating), row.number("MOS")))
            #expect(agree(EModel.goodOrBetter(rating), row.number("GoB_pct")))
            #expect(agree(EModel.poorOrWorse(rating), row.number("PoW_pct")))
        }
    }

    @Test func ratingOfAnOpinionEqualsTheVectors() throws {
        for row in try VectorFile("emodel_mos_r.csv").rows {
            #expect(agree(EModel.rating(ofOpinion: try #require(row.number("MOS"))), row.number("R")))
        }
    }

    @Test func opusTableIsTheOneThatWasDerived() throws {
        for row in try VectorFile("opus_ie_bpl_derived.csv").rows {
            let bitrate = Int(try #require(row.integer("nominal_kbps"))) * 1000
            let codec = OpusImpairment(bitrate: bitrate, inbandFEC: row.integer("inband_fec") == 1)
            #expect(codec.equipment == row.number("Ie_WB_derived"))
            #expect(codec.lossRobustness == row.number("Bpl_WB_derived"))
        }
    }

    /// The scores that the table was fitted to, on natural speech: as far off as the table says.
    @Test func opusTableFitsTheScoresWithinItsUncertainty() throws {
        var squares = 0.0
        var count = 0.0
        for row in try VectorFile("opus131_loss_pesq_stoi.csv").rows
        where row.text("source").hasPrefix("nat") {
            let bitrate = Int(try #require(row.integer("kbps"))) * 1000
            let codec = OpusImpairment(bitrate: bitrate, inbandFEC: row.integer("fec") == 1)
            let opinion = min(4.5, try #require(row.number("pesq_wb")))
            // The line through the reference codecs' published impairments.
            let scored = 0.897 * (129 - 1.29 * EModel.rating(ofOpinion: opinion)) - 3.26
            let modelled = EModel.effectiveEquipmentImpairment(
                EModel.Impairments(
                    equipment: codec.equipment, lossRobustness: codec.lossRobustness,
                    lossPercent: try #require(row.number("actual_loss_pct")), burstRatio: 1,
                    delayMilliseconds: 0))
            squares += (scored - modelled) * (scored - modelled)
            count += 1
        }
        #expect(count == 464)
        #expect((squares / count).squareRoot() < OpusImpairment.uncertaintyRating)
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
