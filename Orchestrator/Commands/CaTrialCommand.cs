using System.CommandLine;
using System.Globalization;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Authority;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>ca trial</c>: makes all keys in one folder, for a trial on one machine.</summary>
internal sealed class CaTrialCommand
{
    private const string NodesHelp = "the number of nodes, or the first and last id of one process as in 1-100";

    private readonly Argument<string> _folder = CaCommand.FolderArgument();
    private readonly Argument<string> _nodes = new("NODES") { Description = NodesHelp };
    private readonly Argument<string[]> _names = new("NAME") { Description = "names and addresses of the orchestrator, besides localhost and 127.0.0.1", Arity = ArgumentArity.ZeroOrMore };
    private readonly Flag<int> _days = CaCommand.DaysFlag();

    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var own = new CaTrialCommand();
        var command = new Command(
            "trial",
            "Makes a CA and all keys, certificates and the token in one folder, for a trial on one machine; what is there is kept.")
        {
            own._folder, own._nodes, own._names, own._days.Option,
        };
        command.SetAction(own.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        string folder = arguments.GetValue(_folder)!;
        string[] names = arguments.GetValue(_names) ?? [];
        CertificateRole[] nodes = RolesOf(arguments.GetValue(_nodes)!);
        IReadOnlyList<string> all = ServerNames.Require(names);
        bool isNew = !File.Exists(Path.Combine(folder, "ca.pem"));
        using CertificateAuthority authority = isNew ? CertificateAuthority.Create(folder, _days.Get(arguments)) : CertificateAuthority.Open(folder);
        if (isNew)
        {
            Console.WriteLine(Path.Combine(folder, "ca.pem"));
        }

        if (names.Length > 0 && TrialFolder.Has(folder, CertificateRole.Orchestrator))
        {
            Console.Error.WriteLine($"kept as it is: {Path.Combine(folder, "orchestrator.pem")} (delete it to have it for other names)");
        }

        using AuthorityLock held = await AuthorityLock.TakeAsync(folder);
        var trial = new TrialFolder(authority, Console.WriteLine);
        trial.Add(CertificateRole.Orchestrator, all);
        foreach (CertificateRole role in nodes)
        {
            trial.Add(role, []);
        }

        trial.AddToken();
        authority.Revoked.ReadList();
        return (int)ExitCode.Success;
    }

    private static CertificateRole[] RolesOf(string text)
    {
        if (text.Split('-') is [_, _] && CertificateRole.Find($"nodes-{text}") is { } range)
        {
            return [range];
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= 100_000
            ? [.. Enumerable.Range(1, count).Select(id => CertificateRole.OfNodes(id, 1))]
            : throw new UserErrorException(ExitCode.Usage, $"NODES is {NodesHelp}, not '{text}'");
    }
}
