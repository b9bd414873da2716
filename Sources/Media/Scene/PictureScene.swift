/// A synthetic picture that moves and repeats: what a camera or a shared screen shows.
protocol PictureScene {
    /// Pictures in one loop.
    var frameCount: Int { get }

    /// Draws frame `number` of the loop, with its mark, over the whole of `picture`.
    func render(_ number: Int, mark: FrameMark, into picture: Picture)
}

extension MovingScene: PictureScene {}
