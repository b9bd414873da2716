/// What Package.swift declares for the targets under `Sources`, read from its text.
struct Manifest {
    /// The targets and products that each target may import.
    private(set) var dependencies: [String: [String]] = [:]

    /// Reads the `room` calls and the executable target of a manifest.
    init(_ text: String) {
        var products: [String: String] = [:]
        for match in text.matches(of: /let (\w+) = Target\.Dependency\.product\(name: "(\w+)"/) {
            products[String(match.1)] = String(match.2)
        }
        for opening in ["room(", ".executableTarget("] {
            for range in text.ranges(of: opening) where !text[..<range.lowerBound].hasSuffix("func ") {
                let call = Self.balanced(text[range.upperBound...], closing: ")")
                guard let name = call.firstMatch(of: /"(\w+)"/) else { continue }
                dependencies[String(name.1)] = Self.items(in: call, products: products)
            }
        }
    }

    /// The names in the list of dependencies of a call.
    private static func items(in call: Substring, products: [String: String]) -> [String] {
        guard let bracket = call.firstIndex(of: "[") else { return [] }
        let list = balanced(call[call.index(after: bracket)...], closing: "]")
        var items: [String] = []
        for match in list.matches(of: /\.product\(name: "(\w+)", package: "[^"]+"\)|"(\w+)"|\b([a-z]\w*)\b/) {
            if let product = match.1 ?? match.2 {
                items.append(String(product))
            } else if let variable = match.3, let product = products[String(variable)] {
                items.append(product)
            }
        }
        return items
    }

    /// `text` up to the bracket that closes what was opened just before it.
    private static func balanced(_ text: Substring, closing: Character) -> Substring {
        let opening: Character = closing == ")" ? "(" : "["
        var depth = 1
        for index in text.indices {
            if text[index] == opening { depth += 1 }
            if text[index] == closing { depth -= 1 }
            if depth == 0 { return text[..<index] }
        }
        return text
    }
}
