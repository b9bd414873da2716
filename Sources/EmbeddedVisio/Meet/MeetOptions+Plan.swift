public import Scenario
public import Visio

extension MeetOptions {
    /// A deployment for a plan: as many accounts as it needs, and an application that may make its rooms.
    public init(_ plan: Plan) {
        self.init()
        let numbers = plan.participants.compactMap(\.account)
        // One more, who owns the rooms that nobody among the participants does.
        accounts = Self.accounts(count: (numbers.max() ?? -1) + 2, seed: plan.seed)
        application = ExternalAPIClient.Application(id: "visiobench", secret: accounts[0].password)
        isSilentLoginEnabled = plan.signIn.isSilent
    }

    /// The account that owns rooms without an owner among their participants.
    public var steward: Account? { accounts.last }
}
