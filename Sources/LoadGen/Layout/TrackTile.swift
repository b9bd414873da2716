import Primitives
import Scenario
import Visio

/// How livekit-client's adaptive stream follows one picture: whether it is in sight and how large it is.
///
/// A picture that comes into sight is told at once, in the highest quality until its size is known; sizes are told 100 ms
/// later, and so is a picture that was scrolled out of sight. A picture that never was on the page is told about only
/// when the server says that it began to send it.
struct TrackTile {
    /// Where the picture is on the page.
    enum Place: Hashable {
        /// It is not part of the page.
        case absent
        /// It is part of the page, in sight or scrolled out of it.
        case present(PageGeometry.Tile, isVisible: Bool)
    }

    /// livekit-client's `REACTION_DELAY`.
    static let reactionDelay = Interval.milliseconds(100)

    private(set) var place = Place.absent
    private var toldVisible: Bool?
    private var toldSize: PageGeometry.Tile?
    private var sizeDue: Instant?
    private var hidingDue: Instant?

    /// When something is to be told that was held back.
    var deadline: Instant? { earliest(sizeDue, hidingDue) }

    /// Whether the picture is in sight.
    var isVisible: Bool {
        if case .present(_, isVisible: true) = place { return true }
        return false
    }

    /// What the server was told last, and so does: nil before anything was told.
    var isDisabled: Bool? { toldVisible.map { !$0 } }
    /// The size the server was told last.
    var requestedSize: PageGeometry.Tile? { toldSize }

    /// Notes where the picture is now; returns whether the server must be told at once.
    mutating func move(to new: Place, now: Instant) -> Bool {
        guard new != place else { return false }
        let old = place
        place = new
        sizeDue = sizeDue ?? now + Self.reactionDelay
        if isVisible {
            hidingDue = nil
            return show(true)
        }
        switch (old, new) {
        // Taken off the page, it is told at once, if it was seen; put on it out of sight, too.
        case (_, .absent): return toldVisible == true && show(false)
        case (.absent, _): return show(false)
        default:
            hidingDue = hidingDue ?? now + Self.reactionDelay
            return false
        }
    }

    /// The server has begun to send the picture; returns whether it must be told that it is not in sight.
    mutating func streamStarted() -> Bool { show(isVisible) }

    /// The picture is not wanted, on any page; returns whether the server must be told.
    mutating func refuse() -> Bool { show(false) }

    private mutating func show(_ isShown: Bool) -> Bool {
        guard toldVisible != isShown else { return false }
        toldVisible = isShown
        return true
    }

    /// Does what was held back; returns how many messages that makes.
    mutating func tick(now: Instant) -> Int {
        var messages = 0
        if let due = hidingDue, due <= now {
            hidingDue = nil
            if show(false) { messages += 1 }
        }
        if let due = sizeDue, due <= now {
            sizeDue = nil
            let size =
                switch place {
                case .absent: PageGeometry.Tile(width: 0, height: 0)
                case .present(let tile, _): tile
                }
            if size != toldSize {
                toldSize = size
                messages += 1
            }
        }
        return messages
    }

    /// The settings as they are to be told now.
    ///
    /// - Parameters:
    ///   - preference: The highest quality the person wants to receive, and the size of that layer; nil for no limit.
    func settings(
        of track: String, preference: (quality: LiveKitVideoQuality, layer: PageGeometry.Tile)?
    ) -> LiveKitUpdateTrackSettings {
        var settings = LiveKitUpdateTrackSettings()
        settings.trackSids = [track]
        settings.disabled = toldVisible == false
        if let preference {
            if let size = toldSize,
                size.width * size.height < preference.layer.width * preference.layer.height
            {
                settings.width = UInt32(size.width)
                settings.height = UInt32(size.height)
            } else {
                settings.quality = preference.quality
            }
        } else if let size = toldSize {
            settings.width = UInt32(size.width)
            settings.height = UInt32(size.height)
        } else {
            settings.quality = .high
        }
        return settings
    }
}
