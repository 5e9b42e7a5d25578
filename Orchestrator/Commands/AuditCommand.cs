using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Audit;
using TraversalLearning.Orchestration.Audit.Attacks;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>audit</c>: attacks each exchange with what each party sees of a real run, and prints what it got.</summary>
internal sealed class AuditCommand
{
    private static readonly int[] DefaultSteps = [0, 50, 200];

    private readonly RunFlags _flags;
    private readonly Flag<Exchange[]> _exchanges = Flag.Choice<Exchange[]>(
        "--exchange",
        "the exchanges to attack",
        [("all", [.. ExchangeKind.All.Select(k => k.Exchange)]), .. ExchangeKind.All.Select(k => (k.Word, (Exchange[])[k.Exchange]))]);

    private readonly Flag<int[]> _steps = Flag.Rising("--steps", "numbers of the steps to attack, as many as have been trained before", min: 0, DefaultSteps);
    private readonly Flag<int> _samples = Flag.Int("--samples", "training samples of all nodes together, drawn by `--seed`; 0 for all that there are", 6000, min: 0);
    private readonly Flag<int> _visits = Flag.Int("--visits", "epochs over which the activations of a few samples are followed; 0 for none", 4, min: 0, max: 100);
    private readonly Flag<string?> _output = Flag.OptionalText("--output", "folder for `audit.json` and `audit.html`", "DIR", without: "`runs/audit-<time>`");

    private AuditCommand(RunFlags flags) => _flags = flags;

    /// <summary>The command.</summary>
    public static Command Create(RunFlags flags)
    {
        var audit = new AuditCommand(flags);
        var command = new Command("audit", "Attacks each exchange with what each party sees of a real run, and prints what it recovers.");
        foreach (Option option in new[] { audit._exchanges.Option, audit._steps.Option, audit._samples.Option, audit._visits.Option, audit._output.Option })
        {
            command.Options.Add(option);
        }

        flags.AddTo(command, FlagUse.Audit);
        command.SetAction(audit.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        RunOptions options = _flags.Read(arguments) with { Host = "127.0.0.1", Port = 0 };
        NeededDataset.Require(options.Dataset, "audit");
        if (options.AnyCut)
        {
            throw new UserErrorException(ExitCode.Usage, "audit takes one --cut, not auto: it is to be attacked, not timed");
        }

        var audit = new AuditOptions(Exact(_exchanges.Get(arguments), options), _steps.Get(arguments), _samples.Get(arguments), _visits.Get(arguments));
        Logging.Configure(file: null, verbose: false, Console.Error.WriteLine, LogLevel.Warning);
        string folder = Folder(_output.Get(arguments) ?? RunFolder.NewPath("audit"));
        RunContext context = await RunContext.CreateAsync(options, new Progress<string>(Console.WriteLine), cancellationToken);
        context = RunPreparation.OfPooled(context, new OrchestratorLog(Logging.Logger("orchestrator")));
        var auditor = new Auditor(context, audit, Line, Console.IsOutputRedirected ? null : step => Console.Write($"\r{step} "));
        AuditResult result = await TrainingErrors.Training.GuardAsync(
            () => auditor.RunAsync(cancellationToken), e => $"there is nothing to attack any more: {e.Message}");
        AuditRecord record = RecordOf(context, audit.Steps, result);
        Print(record);
        Write(folder, record, AuditPage.Of(record, result.SampleShape, context.Setup.Normalisation));
        return (int)ExitCode.Success;
    }

    /// <summary>The exchanges that train the model exactly.</summary>
    /// <exception cref="UserErrorException">There is none among those asked for.</exception>
    private static Exchange[] Exact(Exchange[] exchanges, RunOptions options)
    {
        (Exchange Exchange, string? Problem)[] all = Array.ConvertAll(exchanges, e => (e, Exactness.Problem(options.Model, options.Cut, e)));
        Exchange[] exact = [.. all.Where(e => e.Problem is null).Select(e => e.Exchange)];
        if (exact.Length == 0)
        {
            throw new UserErrorException(ExitCode.Usage, all[0].Problem!);
        }

        foreach ((Exchange exchange, string? problem) in all.Where(e => e.Problem is not null))
        {
            Console.WriteLine($"{exchange.ToWord()} is left out: {problem}");
        }

        return exact;
    }

    /// <summary>A line of its own, also behind the step that training is at.</summary>
    private static void Line(string text) => Console.WriteLine($"{(Console.IsOutputRedirected ? string.Empty : "\r")}{text}");

    private static AuditRecord RecordOf(RunContext context, IReadOnlyList<int> steps, AuditResult result) => new(
        context.Options.Model.Name,
        context.Options.Model.ActivationOf().ToString().ToLowerInvariant(),
        context.Options.BatchSize,
        context.Options.NumNodes,
        context.Options.Dataset,
        result.Samples,
        context.Options.Seed,
        steps,
        [.. KnownAttacks.All.Select(a => new AttackRecord(a.Name, a.Description, a.Needs))],
        result.Findings,
        AuditSummary.Of(result.Findings),
        AuditSummary.Advice(context.Options, result.Findings));

    private static void Print(AuditRecord record)
    {
        Console.WriteLine();
        Console.Write(FindingTable.Of(StrongestFindings.Of(record.Findings)).ToText());
        Console.WriteLine();
        foreach (IdleAttacks idle in IdleAttacks.Of(record.Findings))
        {
            Console.WriteLine($"{idle.Exchange}, {idle.Party}: nothing to go by for {string.Join(", ", idle.Attacks)}");
        }

        Console.WriteLine();
        foreach (ExchangeSummary summary in record.Summary)
        {
            Console.WriteLine(summary.Sentence);
        }

        Console.WriteLine();
        Console.WriteLine("What to change:");
        foreach ((int index, string advice) in record.Advice.Index())
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{index + 1}. {advice}"));
        }
    }

    private static void Write(string folder, AuditRecord record, string page)
    {
        ReportFile.Write(Path.Combine(folder, AuditRecord.FileName), record.ToJson());
        string path = Path.Combine(folder, AuditPage.FileName);
        ReportFile.Write(path, page);
        Console.WriteLine($"audit: {Path.GetFullPath(path)}");
    }

    private static string Folder(string path)
    {
        ErrorTable.Writing.Guard(() => PrivateFiles.CreateFolder(path), e => $"cannot write the folder '{path}': {e.Message}; choose another --output");
        return path;
    }
}
