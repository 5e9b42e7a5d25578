using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Results received so far from the visits of one step; their rows are in the batch's buffers. Written to by many
/// visits concurrently.
/// </summary>
internal sealed class VisitResults<T>
    where T : class
{
    private readonly T?[] _results;
    private readonly int[] _missing;

    // Continuations run in the loop that received the last reply of a micro-batch, and must leave it at once.
    private readonly TaskCompletionSource[] _parts;

    /// <summary>Creates an empty set of results.</summary>
    /// <param name="parts">Cover all visits of the plan.</param>
    public VisitResults(IReadOnlyList<MicroBatch> parts)
    {
        _missing = [.. parts.Select(p => p.VisitCount)];
        _results = new T?[_missing.Sum()];
        _parts = [.. parts.Select(_ => new TaskCompletionSource())];
    }

    /// <summary>All results in plan order, once complete.</summary>
    public IEnumerable<T> All => _results.Select(r => r!);

    /// <summary>Completes when all results of a micro-batch have arrived.</summary>
    public Task Of(MicroBatch part) => _parts[part.Index].Task;

    /// <summary>
    /// Whether a visit's result has arrived. If its node is asked again, its rows are not overwritten: they may be in
    /// use.
    /// </summary>
    public bool Has(int visit) => Volatile.Read(ref _results[visit]) is not null;

    /// <summary>Adds the result of a visit.</summary>
    public void Add(int visit, MicroBatch part, T result)
    {
        if (Interlocked.Exchange(ref _results[visit], result) is null && Interlocked.Decrement(ref _missing[part.Index]) == 0)
        {
            _parts[part.Index].SetResult();
        }
    }
}
