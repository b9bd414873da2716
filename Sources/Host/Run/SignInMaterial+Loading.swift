import Foundation
import LoadGen
import Scenario
import Visio

extension SignInMaterial {
    /// Fetches a plan's secrets from the files and variables that it names; `folder` is where its scenario lies.
    init(_ plan: Plan, folder: String) throws(HostError) {
        self.init()
        let signIn = plan.signIn
        if let source = signIn.accounts {
            let (text, isYAML) = try Self.text(of: source, folder: folder)
            do throws(AccountList.Mistake) {
                accounts = try AccountList(text, isYAML: isYAML).entries.map {
                    Account(username: $0.username, password: $0.password, email: $0.email)
                }
            } catch {
                throw .unusableSecrets("\(Self.name(of: source)), \(error)")
            }
        }
        if let source = signIn.sessions {
            sessions = Self.sessions(try Self.text(of: source, folder: folder).text)
            guard !sessions.isEmpty else {
                throw .unusableSecrets(
                    "\(Self.name(of: source)): expected one or more sessions, one to a line")
            }
        }
        if let application = signIn.application {
            self.application = ExternalAPIClient.Application(
                id: try Self.value(of: application.client.environmentVariable),
                secret: try Self.value(of: application.secret.environmentVariable))
            applicationOwner = application.owner
        }
    }

    private static func text(
        of source: SignIn.Source, folder: String
    ) throws(HostError) -> (text: String, isYAML: Bool?) {
        switch source {
        case .environment(let variable): return (try value(of: variable), nil)
        case .file(let path):
            let whole = path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path
            guard let text = try? String(contentsOfFile: whole, encoding: .utf8) else {
                throw .unusableSecrets("\(whole): cannot be read")
            }
            return (text, path.hasSuffix(".yaml") || path.hasSuffix(".yml"))
        }
    }

    private static func value(of variable: String) throws(HostError) -> String {
        guard let value = ProcessInfo.processInfo.environment[variable], !value.isEmpty else {
            throw .missingSecret(variable: variable)
        }
        return value
    }

    private static func name(of source: SignIn.Source) -> String {
        switch source {
        case .file(let path): path
        case .environment(let variable): "${\(variable)}"
        }
    }
}
