using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports.Results;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>A run of a comparison, after it was tried.</summary>
/// <param name="Plan">What was to be done.</param>
/// <param name="Finished">What it left; <see langword="null"/> if it failed.</param>
/// <param name="Failure">Why it failed; <see langword="null"/> if it did not.</param>
internal sealed record ComparedRun(PlannedRun Plan, FinishedRun? Finished, string? Failure)
{
    /// <summary>How far its model is from that of centralized training of the same repetition (<see cref="ModelDifference"/>), where both have ended.</summary>
    public double? ParameterDifference { get; init; }

    /// <summary>Its main measure less that of centralized training of the same repetition, where both have it.</summary>
    public double? MeasureDifference { get; init; }
}

/// <summary>An algorithm's runs, one for each repetition.</summary>
/// <param name="Algorithm">Which.</param>
/// <param name="Runs">Failed ones too.</param>
internal sealed record AlgorithmRuns(Algorithm Algorithm, IReadOnlyList<ComparedRun> Runs)
{
    /// <summary>Those that have ended well.</summary>
    public IEnumerable<FinishedRun> Finished => Runs.Select(r => r.Finished).OfType<FinishedRun>();

    /// <summary>A measure over the repetitions; <see langword="null"/> if no run has it.</summary>
    public Statistic? Of(Measure measure) =>
        Statistic.Of(Finished.Where(f => f.Measures.ContainsKey(measure.Name)).Select(f => f.Measures[measure.Name]));

    /// <summary>Bytes sent and received.</summary>
    public Statistic? Bytes => Statistic.Of(Finished.Select(f => (double)f.SentBytes + f.ReceivedBytes));

    /// <summary>Seconds of training.</summary>
    public Statistic? Seconds => Statistic.Of(Finished.Select(f => f.Seconds));

    /// <summary>Rounds.</summary>
    public Statistic? Steps => Statistic.Of(Finished.Select(f => (double)f.Steps));

    /// <summary>The largest distance of a model from that of centralized training.</summary>
    public double? ParameterDifference => Runs.Max(r => r.ParameterDifference);

    /// <summary>The main measure less that of centralized training.</summary>
    public Statistic? MeasureDifference => Statistic.Of(Runs.Select(r => r.MeasureDifference).OfType<double>());

    /// <summary>Where the runs stood when each had spent so much at most; <see langword="null"/> if one had not ended its first epoch by then.</summary>
    public IReadOnlyList<EpochPoint>? At(long bytes)
    {
        EpochPoint?[] points = [.. Finished.Select(f => ByteBudget.At(f, bytes))];
        return points.Length > 0 && Array.TrueForAll(points, p => p is not null) ? [.. points.OfType<EpochPoint>()] : null;
    }
}

/// <summary>All runs of a comparison.</summary>
internal sealed class ComparisonResults
{
    /// <summary>Groups runs, and holds each against centralized training of its repetition.</summary>
    /// <param name="runs">In the order in which they were done.</param>
    /// <param name="budget">Where algorithms are compared at equal bytes.</param>
    /// <exception cref="Hosting.UserErrorException">A model cannot be read.</exception>
    public ComparisonResults(IReadOnlyList<ComparedRun> runs, ByteBudget budget)
    {
        Measures = Measure.Of(runs.Select(r => r.Finished).OfType<FinishedRun>());
        Dictionary<int, FinishedRun> references = runs
            .Where(r => r is { Plan.HasNodes: false, Finished: not null })
            .ToDictionary(r => r.Plan.Repetition, r => r.Finished!);
        Runs = [.. runs.Select(r => HeldAgainst(references, r))];
        Algorithms = [.. Runs.GroupBy(r => r.Plan.Algorithm).Select(g => new AlgorithmRuns(g.Key, [.. g.OrderBy(r => r.Plan.Repetition)]))];
        EqualBytes = budget.For(Runs.Select(r => r.Finished).OfType<FinishedRun>());
        HasCentralized = references.Count > 0;
    }

    /// <summary>Every run.</summary>
    public IReadOnlyList<ComparedRun> Runs { get; }

    /// <summary>The same by algorithm, in the order in which they were named.</summary>
    public IReadOnlyList<AlgorithmRuns> Algorithms { get; }

    /// <summary>What there is to compare, the main one first; empty if every run failed.</summary>
    public IReadOnlyList<Measure> Measures { get; }

    /// <summary>The budget of the comparison at equal bytes; <see langword="null"/> if no run spent any.</summary>
    public long? EqualBytes { get; }

    /// <summary>Whether there is centralized training to hold others against.</summary>
    public bool HasCentralized { get; }

    /// <summary>Those that failed.</summary>
    public IEnumerable<ComparedRun> Failed => Runs.Where(r => r.Failure is not null);

    private ComparedRun HeldAgainst(Dictionary<int, FinishedRun> references, ComparedRun run)
    {
        if (!run.Plan.HasNodes || run.Finished is not { } finished || references.GetValueOrDefault(run.Plan.Repetition) is not { } reference)
        {
            return run;
        }

        string main = Measures[0].Name;
        return run with
        {
            ParameterDifference = ModelDifference.Of(finished.ModelPath, reference.ModelPath),
            MeasureDifference = finished.Measures.TryGetValue(main, out double own) && reference.Measures.TryGetValue(main, out double its) ? own - its : null,
        };
    }
}
