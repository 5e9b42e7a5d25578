using System.CommandLine;
using System.Globalization;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Authority;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>ca token</c>: makes a one-time token, with which one machine enrolls.</summary>
internal sealed class CaTokenCommand
{
    private readonly Argument<string> _folder = CaCommand.FolderArgument();
    private readonly Flag<int?> _nodeId = Flag.OptionalInt("--node_id", "for the node with this id", min: 1, max: 100_000);
    private readonly Flag<int> _virtualNodes = Flag.Int("--virtual_nodes", "for this many nodes of one process, with the ids from `--node_id` on", 1, min: 1, max: CertificateRole.MaxNodes);
    private readonly Flag<string?> _orchestrator = Flag.OptionalText(
        "--orchestrator", "for the orchestrator, with these names and addresses, under which nodes will reach it", "NAME,…");

    private readonly Flag<bool> _worker = Flag.Switch("--worker", "for the workers of a study");
    private readonly Flag<TimeSpan> _valid = Flag.Parsed("--valid", "how long the token is valid, in minutes, hours or days", TimeSpan.FromHours(24), "30m|24h|7d", ParseSpan);

    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var own = new CaTokenCommand();
        var command = new Command("token", "Makes a one-time token, with which a machine gets its first certificate from 'ca serve'.")
        {
            own._folder, own._nodeId.Option, own._virtualNodes.Option, own._orchestrator.Option, own._worker.Option, own._valid.Option,
        };
        command.SetAction(own.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        CertificateRole role = (_nodeId.Get(arguments), _orchestrator.Get(arguments), _worker.Get(arguments)) switch
        {
            ({ } first, null, false) => CertificateRole.OfNodes(first, _virtualNodes.Get(arguments)),
            (null, not null, false) => CertificateRole.Orchestrator,
            (null, null, true) => CertificateRole.Worker,
            _ => throw new UserErrorException(ExitCode.Usage, "give one of --node_id, --orchestrator and --worker: what the certificate is for"),
        };
        IReadOnlyList<string> names = role.IsServer ? ServerNames.Require(_orchestrator.Get(arguments)!.Split(',', StringSplitOptions.TrimEntries)) : [];
        using var authority = CertificateAuthority.Open(arguments.GetValue(_folder)!);
        var token = EnrolmentToken.Create(role, authority.Certificate);
        DateTimeOffset until = TimeProvider.System.GetUtcNow() + _valid.Get(arguments);
        using (await AuthorityLock.TakeAsync(authority.Folder))
        {
            authority.Tokens.Save(PendingToken.Of(token, names, until));
        }

        Console.WriteLine(token.ToText());
        Console.Error.WriteLine($"for {role.Name}, once, until {CertificateProblem.Text(until)}; give it to that machine's person alone");
        return (int)ExitCode.Success;
    }

    private static TimeSpan ParseSpan(string text)
    {
        double unit = text.Length == 0 ? 0 : text[^1] switch { 'm' => 1, 'h' => 60, 'd' => 24 * 60, _ => 0 };
        return unit > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= 10_000
            ? TimeSpan.FromMinutes(count * unit)
            : throw new FormatException("a time such as 30m, 24h or 7d");
    }
}
