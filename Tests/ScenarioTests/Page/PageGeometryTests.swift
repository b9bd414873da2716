import Scenario
import Testing

/// Sizes as Meet's page has them, from its style sheets.
@Suite struct PageGeometryTests {
    /// Rows that stay empty leave their room to the others: five tiles are as large as six.
    @Test(arguments: [
        (1, 1, 1872, 976), (2, 2, 924, 976), (3, 4, 924, 476), (4, 4, 924, 476), (5, 9, 608, 476),
        (6, 9, 608, 476), (7, 9, 608, 309), (9, 9, 608, 309), (10, 16, 450, 309), (16, 16, 450, 226),
        (17, 25, 355, 226), (25, 25, 355, 176), (80, 25, 355, 176),
    ])
    func gridsInAFullWindow(_ count: Int, perPage: Int, width: Int, height: Int) {
        let page = PageGeometry.standard
        #expect(page.tilesPerPage(of: count) == perPage)
        let tile = page.gridTile(shown: min(count, perPage), of: count)
        #expect(tile == PageGeometry.Tile(width: width, height: height))
    }

    @Test func narrowWindowsHaveSmallGrids() {
        #expect(PageGeometry(width: 800, height: 700).tilesPerPage(of: 40) == 9)
        #expect(PageGeometry(width: 400, height: 300).tilesPerPage(of: 40) == 2)
        #expect(PageGeometry(width: 390, height: 844).tilesPerPage(of: 2) == 2)
        #expect(PageGeometry(width: 390, height: 844).gridTile(shown: 2, of: 2).width == 342)
    }

    @Test func oneLargeTileBesideAColumn() {
        let page = PageGeometry.standard
        #expect(page.focusedTile == PageGeometry.Tile(width: 1540, height: 976))
        #expect(page.carouselCount == 5)
        #expect(page.carouselTile == PageGeometry.Tile(width: 308, height: 176))
        // However low the window, one tile is there.
        #expect(PageGeometry(width: 320, height: 240).carouselCount == 1)
        #expect(PageGeometry(width: 320, height: 240).carouselTile.height > 0)
    }
}
