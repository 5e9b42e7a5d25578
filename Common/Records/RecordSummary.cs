namespace TraversalLearning.Records;

/// <summary>What left, added up by run. Streams: memory depends on the number of runs alone.</summary>
public sealed class RecordSummary
{
    private readonly Dictionary<(string, string?), RunSummary> _runs = [];

    /// <summary>The runs, in the order in which they began.</summary>
    public IReadOnlyList<RunSummary> Runs => [.. _runs.Values];

    /// <summary>Adds a message.</summary>
    public void Add(FrameLine message)
    {
        (string, string?) key = (message.Orchestrator, message.Run);
        if (!_runs.TryGetValue(key, out RunSummary? run))
        {
            _runs.Add(key, run = new RunSummary(message.Orchestrator, message.Run));
        }

        run.Add(message);
    }
}
