namespace TraversalLearning.Benchmarks.Runs;

/// <summary>What every contender took in every round.</summary>
internal sealed class Results
{
    private readonly Dictionary<Contender, List<RunFigures>> _runs = [];
    private readonly List<Contender> _order = [];

    /// <summary>In the order in which they came first.</summary>
    public IReadOnlyList<Contender> Contenders => _order;

    /// <summary>Those of traversal learning.</summary>
    public IEnumerable<Contender> Traversals => _order.Where(c => c.Trainer == Trainer.Traversal);

    /// <summary>Notes a round of a contender.</summary>
    public void Add(Contender contender, RunFigures figures)
    {
        if (!_runs.TryGetValue(contender, out List<RunFigures>? runs))
        {
            _runs.Add(contender, runs = []);
            _order.Add(contender);
        }

        runs.Add(figures);
    }

    /// <summary>The rounds of a contender, in order; none if it was not measured.</summary>
    public IReadOnlyList<RunFigures> Of(Contender contender) => _runs.GetValueOrDefault(contender) ?? [];

    /// <summary>Milliseconds a step.</summary>
    public Spread Step(Contender contender) => Spread.Of(Steps(contender));

    /// <summary>How many times as long as another; nothing if that was not measured in every round of this one.</summary>
    public Spread? Ratio(Contender contender, Contender baseline) =>
        Of(baseline).Count == Of(contender).Count && Of(contender).Count > 0 ? Spread.OfRatios(Steps(contender), Steps(baseline)) : null;

    /// <summary>The round whose step is the median, or just below it: its parts add up, medians of parts would not.</summary>
    public RunFigures Median(Contender contender)
    {
        RunFigures[] sorted = [.. Of(contender).OrderBy(r => r.StepMilliseconds)];
        return sorted[(sorted.Length - 1) / 2];
    }

    private double[] Steps(Contender contender) => [.. Of(contender).Select(r => r.StepMilliseconds)];
}
