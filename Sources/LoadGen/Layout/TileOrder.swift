import Primitives

/// One tile of the page: somebody's camera, shown as a name while it is off, or a screen that is shared.
struct TileID: Hashable {
    /// The participant's sid.
    var participant: String
    /// Whether it is a shared screen.
    var isScreen: Bool
}

/// What decides where a tile stands.
struct TileRank {
    var id: TileID
    var isLocal = false
    /// Whether a camera is published.
    var hasTrack = false
    /// Whether it is published and on.
    var isEnabled = false
    /// How loud the participant is; nil while it does not speak.
    var level: Float?
    var lastSpoke: Instant?
    /// Position in the order of joining.
    var joined = 0
}

/// The order of the page's tiles, kept steady as LiveKit's components keep it.
///
/// Tiles are sorted by importance (`sortTrackReferences`), but what is on a page already stays where it is: only tiles
/// that do not belong on their page any more change places with those that do (`updatePages`).
struct TileOrder {
    private(set) var tiles: [TileID] = []
    private var tilesPerPage = -1

    /// Sorts anew, moving as little as possible.
    mutating func update(_ ranks: [TileRank], tilesPerPage: Int) {
        let sorted = Self.sorted(ranks)
        if tilesPerPage == self.tilesPerPage {
            tiles = Self.updated(tiles, toward: sorted, tilesPerPage: tilesPerPage)
        } else {
            tiles = sorted
        }
        self.tilesPerPage = tilesPerPage
    }

    /// The own camera, screens of others, the own screen, then the cameras of others: who speaks, the loudest first,
    /// who spoke last, who has a camera, who has it on, who joined first.
    static func sorted(_ ranks: [TileRank]) -> [TileID] {
        func group(_ rank: TileRank) -> Int {
            if rank.isLocal { return rank.id.isScreen ? 2 : 0 }
            return rank.id.isScreen ? 1 : 3
        }
        return ranks.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            if group(a) != group(b) { return group(a) < group(b) }
            if group(a) == 3 {
                if (a.level == nil) != (b.level == nil) { return a.level != nil }
                if let x = a.level, let y = b.level, x != y { return x > y }
                if a.level == nil, a.lastSpoke != b.lastSpoke {
                    guard let x = a.lastSpoke else { return false }
                    return b.lastSpoke.map { x > $0 } ?? true
                }
                if a.hasTrack != b.hasTrack { return a.hasTrack }
                if a.isEnabled != b.isEnabled { return a.isEnabled }
            }
            if a.joined != b.joined { return a.joined < b.joined }
            return left.offset < right.offset
        }.map(\.element.id)
    }

    private static func updated(_ current: [TileID], toward next: [TileID], tilesPerPage: Int) -> [TileID] {
        let wanted = Set(next)
        var list = current
        if list.count < next.count {
            let known = Set(list)
            list += next.filter { !known.contains($0) }
        }
        var start = 0
        while start < next.count {
            let target = next[start..<min(start + tilesPerPage, next.count)]
            let page = list[min(start, list.count)..<min(start + tilesPerPage, list.count)]
            let (there, due) = (Set(page), Set(target))
            let dropped = page.filter { !due.contains($0) }
            let added = target.filter { !there.contains($0) }
            if added.count == dropped.count {
                for (comes, goes) in zip(added, dropped) { swap(comes, goes, in: &list) }
            } else if added.isEmpty {
                list.removeAll { dropped.contains($0) }
            } else if dropped.isEmpty {
                list += added.filter { !list.contains($0) }
            }
            start += tilesPerPage
        }
        let present = Set(list)
        list += next.filter { !present.contains($0) }
        return list.filter { wanted.contains($0) }
    }

    private static func swap(_ comes: TileID, _ goes: TileID, in list: inout [TileID]) {
        guard let place = list.firstIndex(of: goes) else { return }
        if let other = list.firstIndex(of: comes) {
            list.swapAt(place, other)
        } else {
            list[place] = comes
        }
    }
}
