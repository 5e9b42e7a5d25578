using System.CommandLine;
using System.CommandLine.Help;
using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.NodeDaemon;
using TraversalLearning.Orchestration.Commands;

namespace TraversalLearning.Tests.Unit.Docs;

/// <summary>docs/reference/flags.md, as the commands of both programs give it.</summary>
internal static class FlagsPage
{
    private const int Width = 118;
    private const string NodeProgram = "Node";

    private const string Opening =
        """
        # Flags

        For whoever looks up a flag of the programs; one table a command. The page is written from the declarations in the
        code: `TL_WRITE_DOCS=1 ./run_tests.sh --filter FullyQualifiedName~FlagsPage` writes it again.

        Flags are spelled with underscores; hyphens work too (`--num-nodes`). `--help` prints the flags of a command, `list`
        the names that there are to choose from. Without a command, the orchestrator program runs traversal learning, or
        another `--algorithm`, with nodes that connect to it.

        """;

    /// <summary>Headings and what stands under them, in the order of the page.</summary>
    private static readonly (string Heading, string Text)[] Sections =
    [
        ("run", "The orchestrator program without a command: `Orchestrator [flags]`."),
        ("centralized", "Trains in one process on the pooled data, with the same virtual batches."),
        ("verify", "Compares traversal learning with centralized training, step by step\n([verification](../explanation/exactness.md#verification))."),
        ("audit", "Attacks each exchange with what each party sees of a real run ([audit](../guide/audit.md))."),
        ("compare", "Trains by several algorithms and compares models, bytes and time ([compare](../guide/compare.md))."),
        ("experiment", "`experiment STUDY.yaml` does all runs of a study ([studies](../guide/studies.md))."),
        ("experiment status", "`experiment status DIR` prints the progress of a study."),
        ("worker", "Does runs of a study that runs elsewhere ([workers](../guide/studies.md#workers-on-other-machines))."),
        ("watch", "`watch DIR|HOST:PORT` prints the events of a run ([watch](../guide/watching.md#watch))."),
        ("report", "`report DIR [DIR]` makes the report of a run, comparison or study again, or of two side by side\n([reports](reports.md))."),
        ("predict", "Writes the predictions of a trained model as CSV ([the trained model](../guide/trained-model.md))."),
        ("evaluate", "Prints the [metrics](evaluation.md#metrics) of a trained model on a data set."),
        ("export", "Writes a trained model as [ONNX](../guide/trained-model.md#onnx)."),
        ("partition", "Shows how a partition divides a training set ([example](partitions.md#show-a-partition))."),
        (
            "list",
            "`list [KIND]` prints the available `aggregators`, `algorithms`, `datasets`, `losses`, `models`, `optimizers`,\n"
            + "`partitioners`, `schedulers`, `selectors` or `topologies`; all of them without an argument."),
        ("ca init", "`ca init DIR` makes a certificate authority in a folder ([several machines](../guide/several-machines.md))."),
        ("ca token", "`ca token DIR` makes a one-time token, with which one machine enrolls."),
        ("ca serve", "`ca serve DIR` signs over the network, for tokens and for renewals, and gives out the list of revoked certificates."),
        ("ca request", "`ca request DIR [NAME …]` makes the key of this machine's orchestrator and gets a certificate for it."),
        ("ca sign", "`ca sign DIR REQUEST` signs a request that was carried to the CA."),
        ("ca list", "`ca list DIR` prints certificates and open tokens: name, serial number, state, end."),
        ("ca revoke", "`ca revoke DIR NAME|SERIAL` revokes certificates ([revocation](security.md#revocation))."),
        ("ca trial", "`ca trial DIR NODES [NAME …]` makes all keys in one folder, for a trial on one machine; what is there is kept."),
        ("Node", "The node daemon: `Node --node_id N [flags]`."),
        ("Node enroll", "Makes the node's key and gets a certificate for it ([several machines](../guide/several-machines.md))."),
        ($"{NodeProgram} policy check", "`Node policy check FILE` explains a node's [policy](policy.md)."),
        ($"{NodeProgram} record show", "Sums up what left a node, by run ([the record](record.md))."),
        ($"{NodeProgram} record verify", "Finds what was changed in the [record](record.md) of what left."),
    ];

    public static string Write()
    {
        RootCommand orchestrator = OrchestratorCommand.Create();
        IDocumentedOption[] ofRuns = [.. OptionsOf(orchestrator)];
        var page = new StringBuilder(Opening);
        foreach ((string heading, string text) in Sections)
        {
            Command command = heading.StartsWith(NodeProgram, StringComparison.Ordinal) ? Find(NodeCommand.Create(), heading[NodeProgram.Length..].Trim()) : Find(orchestrator, heading);
            IDocumentedOption[] all = [.. OptionsOf(command)];
            IDocumentedOption[] shared = heading == "run" || heading.StartsWith(NodeProgram, StringComparison.Ordinal) ? [] : [.. all.Where(o => ofRuns.Any(r => IsSame(r, o)))];
            IDocumentedOption[] own = [.. all.Except(shared)];
            page.Append($"\n## {heading}\n\n{text}\n");
            if (own.Length > 0)
            {
                page.Append("\n| flag | default | meaning |\n|---|---|---|\n").AppendJoin(string.Empty, own.Select(Row));
            }

            if (shared.Length > 0)
            {
                page.Append($"\n{Wrap($"From [run](#run): {string.Join(' ', shared.Select(o => $"`{((Option)o).Name}`"))}.")}\n");
            }

            if (all.Length == 0)
            {
                page.Append("\nIt has no flags.\n");
            }
        }

        return page.ToString();
    }

    /// <summary>The commands that the page has a section for, and those that there are.</summary>
    public static (IEnumerable<string> Described, IEnumerable<string> Existing) Commands() =>
        (
            Sections.Select(s => s.Heading).Except(["run", NodeProgram], StringComparer.Ordinal),
            [.. Names(OrchestratorCommand.Create(), string.Empty), .. Names(NodeCommand.Create(), $"{NodeProgram} ")]);

    private static IEnumerable<string> Names(Command command, string before) =>
        command.Subcommands.SelectMany(c => Names(c, $"{before}{c.Name} ").Concat(c.Action is null ? [] : [$"{before}{c.Name}"]));

    private static Command Find(Command root, string heading) =>
        heading is "run" or "" ? root : heading.Split(' ').Aggregate(root, (command, name) => command.Subcommands.Single(c => c.Name == name));

    private static IEnumerable<IDocumentedOption> OptionsOf(Command command) =>
        command.Options.Where(o => o is not (HelpOption or VersionOption)).Cast<IDocumentedOption>();

    private static bool IsSame(IDocumentedOption a, IDocumentedOption b) => (((Option)a).Name, a.Meaning, a.DefaultText) == (((Option)b).Name, b.Meaning, b.DefaultText);

    private static string Row(IDocumentedOption documented)
    {
        var option = (Option)documented;
        string value = option.HelpName is { Length: > 0 } name ? $" {name}" : string.Empty;
        string standard = documented.DefaultText is { } text ? $"`{text}`" : option.Required ? "required" : documented.Without ?? string.Empty;
        string meaning = documented.Meaning.Replace(" (required)", string.Empty, StringComparison.Ordinal);
        return $"| `{Cell(option.Name + value)}` | {Cell(standard)} | {Cell(meaning)} |\n";
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Wrap(string text)
    {
        var lines = new List<string> { string.Empty };
        foreach (string word in text.Split(' '))
        {
            string longer = lines[^1].Length == 0 ? word : $"{lines[^1]} {word}";
            if (longer.Length > Width)
            {
                lines.Add(word);
            }
            else
            {
                lines[^1] = longer;
            }
        }

        return string.Join('\n', lines);
    }
}
