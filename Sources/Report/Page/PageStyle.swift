/// The page's style sheet: system fonts, the reader's light or dark, and A4 on paper.
enum PageStyle {
    /// The whole sheet.
    static let sheet = """

        :root{color-scheme:light dark;--ground:#fff;--ink:#1b1f24;--soft:#5b636e;--rule:#dfe3e8;--panel:#f6f7f9;
        --good:#00704f;--bad:#b64400;--open:#8a5a00;\(variables(light))}
        @media (prefers-color-scheme:dark){:root{--ground:#14171b;--ink:#e6e9ed;--soft:#a0a8b3;--rule:#333a43;
        --panel:#1c2026;--good:#4fc99a;--bad:#ff9a5c;--open:#f0bf4c;\(variables(dark))}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",
        Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
        main{max-width:62rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
        header{border-left:.4rem solid var(--soft);padding:.1rem 0 .1rem 1.1rem;margin:0 0 1.5rem}
        header.held{border-color:var(--good)}header.failed,header.unreachable{border-color:var(--bad)}
        header.invalid,header.inconclusive,header.interrupted{border-color:var(--open)}
        .held .word{color:var(--good)}.failed .word,.unreachable .word{color:var(--bad)}
        .invalid .word,.inconclusive .word,.interrupted .word{color:var(--open)}
        .eyebrow{margin:0;color:var(--soft);font-size:.9rem}
        h1{font-size:1.75rem;line-height:1.25;margin:.2rem 0 0;font-weight:650;max-width:44rem;text-wrap:balance}
        h2{font-size:1.3rem;margin:2.6rem 0 .3rem}h3{font-size:1.02rem;margin:1.6rem 0 .2rem}
        .lead{margin:.1rem 0 .6rem;color:var(--soft);max-width:44rem}
        header+section h2{margin-top:0}
        table{border-collapse:collapse;font-size:.9rem;line-height:1.4}
        th{font-weight:600;color:var(--soft);text-align:left}
        th,td{padding:.28rem .9rem .28rem 0;border-bottom:1px solid var(--rule);vertical-align:baseline}
        .n{text-align:right}td.n{white-space:nowrap}td.n{font-variant-numeric:tabular-nums}
        .promises{width:100%}.promises td{padding-top:.4rem;padding-bottom:.4rem}.promises svg{display:block}
        .mark{font-weight:650;white-space:nowrap}.held .mark{color:var(--good)}.failed .mark{color:var(--bad)}
        .undecided .mark{color:var(--open)}
        code,pre{font:.86rem/1.45 ui-monospace,"SF Mono","Cascadia Mono","Liberation Mono",monospace}
        pre{background:var(--panel);padding:.8rem;overflow:auto;max-height:28rem;border-radius:.3rem}
        .cards{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:.9rem;margin:1.6rem 0 .9rem}
        .card{background:var(--panel);border-radius:.4rem;padding:.8rem .95rem;display:flex;flex-direction:column}
        .card h3{margin:0;font-size:.9rem;font-weight:600;color:var(--soft)}
        .figure{font-size:1.75rem;font-weight:650;margin:.1rem 0 .2rem;line-height:1.2;white-space:nowrap}
        .unit{font-size:.95rem;font-weight:400;color:var(--soft)}
        .note{margin:.3rem 0 0;font-size:.82rem;line-height:1.4;color:var(--soft)}
        .card svg{display:block;width:100%;height:2rem}
        .trust{font-size:.9rem;color:var(--soft)}.trust p{margin:.15rem 0;max-width:none}
        .trust strong{color:var(--good);letter-spacing:.02em}.trust.invalid strong{color:var(--open)}
        .warning{color:var(--open)}
        figure{margin:1.3rem 0 1.5rem;break-inside:avoid}figcaption h3{margin:0 0 .3rem}
        figure svg{display:block;width:100%;height:auto}
        .plot{overflow-x:auto}
        figure svg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;
        stroke:none}
        summary{cursor:pointer;color:var(--soft);font-size:.86rem}
        details>p{max-width:44rem;font-size:.9rem}
        .scroll{overflow:auto;margin:.4rem 0}figure .scroll{max-height:24rem}
        .worst{padding-left:1.6rem}.worst li{margin:0 0 .9rem;break-inside:avoid}.worst p{margin:.1rem 0}
        .worst svg{display:block;width:100%;height:1.5rem}
        .soft,.story{color:var(--soft);font-size:.88rem}
        dt{font-weight:600;margin-top:.6rem}dd{margin:0;max-width:44rem;font-size:.92rem}
        \(rules)
        @media (max-width:44rem){.cards{grid-template-columns:repeat(2,1fr)}h1{font-size:1.4rem}
        .plot svg{min-width:600px}section{overflow-x:auto}}
        @page{size:A4;margin:14mm}
        @media print{:root{color-scheme:light;--ground:#fff;--ink:#1b1f24;--soft:#4b535e;--rule:#cfd4da;--panel:#f6f7f9;
        --good:#00704f;--bad:#b64400;--open:#8a5a00;\(variables(light))}
        body{font-size:10.5pt}main{padding:0;max-width:none}figure details{display:none}details::details-content{content-visibility:visible;display:block}
        .scroll,figure .scroll,pre{overflow:visible;max-height:none;white-space:pre-wrap}.scroll{white-space:normal}
        .figure{font-size:1.3rem;white-space:normal}h2,h3{break-after:avoid}
        .card,.promises tr{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}

        """

    /// The figures' colours as the page shows them by day.
    private static func light(_ ink: Ink) -> String { ink.rawValue }

    /// And by night: the same hues, lighter, so that the contrast stays.
    private static func dark(_ ink: Ink) -> String {
        switch ink {
        case .blue: "#4da3d9"
        case .orange: "#f0b429"
        case .green: "#2fbf95"
        case .purple: "#dd9fc0"
        case .sky: "#86ccf2"
        case .vermillion: "#ff8a47"
        case .context: "#a0a8b3"
        case .text: "#e6e9ed"
        case .axis: "#6d7682"
        case .grid: "#2b3139"
        case .shade: "#1b2026"
        case .band: "#18252f"
        }
    }

    private static func variables(_ colour: (Ink) -> String) -> String {
        Ink.allCases.map { "--\($0):\(colour($0));" }.joined()
    }

    /// Style rules beat the drawings' own colours, which stay right where no style sheet is.
    private static let rules = Ink.allCases.map { ink in
        "svg [stroke=\"\(ink.rawValue)\"]{stroke:var(--\(ink))}svg [stroke='\(ink.rawValue)']{stroke:var(--\(ink))}"
            + "svg [fill=\"\(ink.rawValue)\"]{fill:var(--\(ink))}"
            + (ink.labelColour == ink.rawValue
                ? ""
                : "@media screen and (prefers-color-scheme:dark){svg [fill=\"\(ink.labelColour)\"]{fill:var(--\(ink))}}")
    }.joined(separator: "\n")
}
