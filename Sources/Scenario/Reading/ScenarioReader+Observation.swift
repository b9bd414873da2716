import Primitives

/// What is looked at beside the run.
extension ScenarioReader {
    /// More pages than anybody watches.
    private static let mostPages = 50

    /// Reads which pages and which API are looked at while the run goes.
    mutating func readObservation(_ fields: Fields) -> Observation {
        var observation = Observation()
        observation.api = fields["api"].flatMap { readLivekit($0, title: "\"api\"") }
        guard let list = fields["metrics"] else { return observation }
        guard let items = list.items, items.count <= Self.mostPages else {
            report(
                list.place, "\(list.found) as \"metrics\"",
                expected: "a list of at most \(Self.mostPages) pages such as "
                    + "[{name: livekit, url: http://127.0.0.1:6789/metrics}]")
            return observation
        }
        for item in items {
            guard let page = readMetricsPage(item) else { continue }
            if observation.pages.contains(where: { $0.name == page.name }) {
                report(item.place, "metrics page \"\(page.name)\" twice", expected: "another name")
            }
            observation.pages.append(page)
        }
        return observation
    }

    private mutating func readMetricsPage(_ element: Element) -> MetricsPage? {
        guard let fields = readFields(element, Vocabulary.metrics, title: "an item of \"metrics\"") else {
            return nil
        }
        let name = fields["name"].flatMap { readName($0, title: "the name of a metrics page") }
        let url = fields["url"].flatMap { readUrl($0, title: "\"url\"", schemes: ["http", "https"]) }
        let every = fields["every"].flatMap {
            readDuration($0, in: .seconds(Int64(1))...(.seconds(Int64(3600))), title: "\"every\"")
        }
        let user = fields["user"].flatMap { readCredential($0, word: "user", example: "METRICS_USER") }
        let password = fields["password"].flatMap {
            readCredential($0, word: "password", example: "METRICS_PASSWORD")
        }
        if (fields["user"] == nil) != (fields["password"] == nil) {
            report(
                fields.place, "only one of \"user\" and \"password\" in \(fields.title)",
                expected: "both or none")
        }
        guard let name, let url else { return nil }
        var page = MetricsPage(name: name, url: url, interval: every ?? MetricsPage.usualInterval)
        if let user, let password { page.login = MetricsPage.Login(user: user, password: password) }
        return page
    }

    /// A host that is not this machine must be named, even if it is only read from.
    mutating func checkReach(of observation: Observation, _ allow: AllowList, _ fields: Fields) {
        var told: Set<String> = []
        for url in observation.addresses
        where !allow.permits(host: url.host) && told.insert(url.host).inserted {
            report(
                (fields["metrics"] ?? fields["api"])?.place ?? fields.place,
                "host \"\(url.host)\", which \"allow\" does not name",
                expected: "permission in the target: allow: {hosts: [\(url.host)]}",
                hint: NearestWord.to(url.host, in: allow.hosts))
        }
    }
}
