using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>Plans the runs of a comparison and their command lines, using <see cref="RunLines"/>.</summary>
/// <param name="flags">The flags of a run.</param>
/// <param name="own">The flags of <c>compare</c>.</param>
internal sealed class ComparisonPlanner(RunFlags flags, CompareFlags own)
{
    /// <summary>The runs: all algorithms of a repetition, then those of the next.</summary>
    /// <exception cref="UserErrorException">Flags incompatible with each other or with an algorithm.</exception>
    public IReadOnlyList<PlannedRun> Plan(ParseResult arguments)
    {
        RunOptions first = flags.Read(arguments);
        NeededDataset.Require(first.Dataset, "compare");
        if (first.AnyCut || first.AnyExchange)
        {
            throw new UserErrorException(
                ExitCode.Usage, "compare takes one --cut and one --exchange, not auto: its runs are to compute alike, and again the same");
        }

        int repetitions = own.Repetitions.Get(arguments);
        SortedDictionary<string, string> given = Given(arguments, first);
        if (RunLines.TooLargeSeed(given, first, repetitions) is { } seed)
        {
            throw new UserErrorException(ExitCode.Usage, $"{seed} is too large a seed for {repetitions} --repetitions");
        }

        var lines = new RunLines(flags, arguments.RootCommandResult.Command);
        return
        [
            .. from repetition in Enumerable.Range(1, repetitions)
               from algorithm in own.Algorithms.Get(arguments).Algorithms
               select PlanOne(lines, given, first, algorithm, repetition),
        ];
    }

    /// <summary>The command that repeats the comparison, independent of its folder.</summary>
    public string CommandOf(ParseResult arguments)
    {
        SortedDictionary<string, string> given = GivenFlags.Of(arguments);
        given.Remove(own.Output.Option.Name);
        given.Remove(own.NodeProgram.Option.Name);
        foreach (Option option in own.Observation.Options)
        {
            given.Remove(option.Name);
        }

        Command command = arguments.CommandResult.Command;
        return ShellWords.DotnetRun("Orchestrator", [command.Name, .. RunLines.Words(command, given)]);
    }

    /// <summary>The flags that all runs share.</summary>
    private SortedDictionary<string, string> Given(ParseResult arguments, RunOptions options)
    {
        SortedDictionary<string, string> given = GivenFlags.Of(arguments);
        foreach (Option option in own.Options)
        {
            given.Remove(option.Name);
        }

        given.TryAdd(RunLines.Threads, RunLines.ThreadShare(options.NumNodes));
        return given;
    }

    private static PlannedRun PlanOne(RunLines lines, SortedDictionary<string, string> given, RunOptions first, Algorithm algorithm, int repetition)
    {
        try
        {
            RunLine line = lines.Read(RunLines.OfRepetition(lines.Of(algorithm, given), first, repetition));

            // Any free port: the choice does not affect the result.
            return new PlannedRun(repetition, line.Options with { Port = 0 }, line.Words, line.Given);
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException(e.ExitCode, $"--algorithms {algorithm}: {e.Message}", e);
        }
    }
}
