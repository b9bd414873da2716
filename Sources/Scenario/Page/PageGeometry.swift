/// The size of tiles on Visio's page, in CSS pixels, for a window of a given size.
///
/// From Meet's `features/layout` and LiveKit's `grid-layouts.ts` and style sheets: what is left of the window beside
/// gaps of 24 pixels and a bar of 80; grids of up to 5 x 5 whose rows share the height; in the focus view a carousel
/// beside the focused tile at a ratio of 1 to 5.
public struct PageGeometry: Codable, Hashable, Sendable {
    /// The size of a picture or of a window.
    public struct Tile: Codable, Hashable, Sendable {
        /// Width in CSS pixels.
        public var width: Int
        /// Height in CSS pixels.
        public var height: Int

        /// Makes a size.
        public init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    /// The window's inner size.
    public var window: Tile

    /// Lays pages out in a window of the given size.
    public init(width: Int, height: Int) { window = Tile(width: width, height: height) }

    /// A window of 1920 x 1080.
    public static let standard = PageGeometry(width: 1920, height: 1080)

    private static let gap = 24
    private static let controlBar = 80
    /// What a scroll bar takes, as long as the carousel might need one.
    private static let scrollBar = 15

    private struct Grid {
        var columns: Int
        var rows: Int
        var minimumWidth = 0
        var isPortrait: Bool?
        var tiles: Int { columns * rows }
    }

    private static let grids = [
        Grid(columns: 1, rows: 1), Grid(columns: 1, rows: 2, isPortrait: true),
        Grid(columns: 2, rows: 1, isPortrait: false), Grid(columns: 2, rows: 2, minimumWidth: 560),
        Grid(columns: 3, rows: 3, minimumWidth: 700), Grid(columns: 4, rows: 4, minimumWidth: 960),
        Grid(columns: 5, rows: 5, minimumWidth: 1100),
    ]

    private var area: Tile {
        Tile(
            width: max(1, window.width - 2 * Self.gap),
            height: max(1, window.height - Self.gap - Self.controlBar)
        )
    }

    /// How many tiles fit on one page of the grid when there are `count` in all.
    public func tilesPerPage(of count: Int) -> Int { grid(for: count).tiles }

    /// The size of the tiles of a grid page with `shown` tiles out of `count`.
    public func gridTile(shown: Int, of count: Int) -> Tile {
        let grid = grid(for: count)
        // Rows that nothing stands in take no room.
        let rows = max(1, (shown + grid.columns - 1) / grid.columns)
        return Tile(
            width: (area.width - Self.gap * (grid.columns - 1)) / grid.columns,
            height: (area.height - Self.gap * (rows - 1)) / rows)
    }

    /// The smallest grid that holds `count` tiles and is not too narrow; the largest that fits if none does.
    private func grid(for count: Int) -> Grid {
        let isPortrait = area.width <= area.height
        let usable = Self.grids.filter { grid in
            area.width >= grid.minimumWidth && (grid.isPortrait ?? isPortrait) == isPortrait
        }
        return usable.first { $0.tiles >= count } ?? usable.last ?? Self.grids[0]
    }

    /// The focused tile.
    public var focusedTile: Tile {
        Tile(width: (area.width - Self.gap) * 5 / 6, height: area.height)
    }

    /// How many tiles of the carousel are in sight.
    public var carouselCount: Int {
        let span = max(Double(carouselWidth) * 0.6, 130)
        return max(1, Int((Double(area.height - Self.scrollBar) / span).rounded()))
    }

    /// The size of the carousel's tiles.
    public var carouselTile: Tile {
        Tile(
            width: carouselWidth,
            height: (area.height - Self.gap * (carouselCount - 1)) / carouselCount)
    }

    private var carouselWidth: Int { max(200, (area.width - Self.gap) / 6) }
}
