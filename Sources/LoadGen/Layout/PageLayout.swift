import Primitives
import Scenario

/// Which tiles Visio's page shows and how large they are, on a window of 1920 × 1080.
///
/// Grids and the carousel follow the page's own rules (components-core `grid-layouts.ts`, Meet's
/// `FE/features/layout`): the local camera is the first tile, 25 tiles fit on a page, and everything out of sight is
/// paused.
enum PageLayout {
    /// The size a picture gets, in CSS pixels.
    struct Tile: Hashable {
        var width: UInt32
        var height: UInt32
    }

    /// Most tiles on one page of the grid, the local camera included.
    static let tilesPerPage = 25
    /// Tiles of the carousel that are in sight beside the focused one.
    static let carouselTiles = 5

    /// What is left for tiles in a window of 1920 × 1080 with the page's bars.
    private static let container = Tile(width: 1900, height: 950)
    private static let focused = Tile(width: 1408, height: 792)
    private static let beside = Tile(width: 232, height: 130)

    /// The tile of every remote camera, in the order given; nil = out of sight.
    ///
    /// - Parameter focus: Position of the camera that has the focus, for the focus layout.
    static func tiles(for layout: Layout, cameras: Int, focus: Int?) -> [Tile?] {
        switch layout {
        case .none: return Array(repeating: nil, count: cameras)
        case .grid:
            let tile = gridTile(tiles: min(tilesPerPage, cameras + 1))
            return (0..<cameras).map { $0 < tilesPerPage - 1 ? tile : nil }
        case .focus:
            let center = focus ?? 0
            var shown = 0
            return (0..<cameras).map { position in
                if position == center { return focused }
                shown += 1
                return shown <= carouselTiles ? beside : nil
            }
        }
    }

    /// The size of a 16:9 picture in the smallest grid that holds `tiles`.
    private static func gridTile(tiles: Int) -> Tile {
        let grid = [(1, 1), (2, 1), (2, 2), (3, 3), (4, 4), (5, 5)].first { $0.0 * $0.1 >= tiles } ?? (5, 5)
        let width = Double(container.width) / Double(grid.0)
        let height = min(Double(container.height) / Double(grid.1), width * 9 / 16)
        return Tile(width: UInt32(height * 16 / 9), height: UInt32(height))
    }
}
