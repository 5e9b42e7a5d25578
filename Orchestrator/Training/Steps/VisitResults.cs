using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>What the visits of one step have said so far; their rows are in the batch's buffers. Written to by many visits at once.</summary>
internal sealed class VisitResults<T>
    where T : class
{
    private readonly T?[] _results;
    private readonly int[] _missing;

    // What waits for a micro-batch goes on in the loop that received its last reply, which it has to leave at once.
    private readonly TaskCompletionSource[] _parts;

    /// <summary>None is there yet.</summary>
    /// <param name="parts">Together all visits of the plan.</param>
    public VisitResults(IReadOnlyList<MicroBatch> parts)
    {
        _missing = [.. parts.Select(p => p.VisitCount)];
        _results = new T?[_missing.Sum()];
        _parts = [.. parts.Select(_ => new TaskCompletionSource())];
    }

    /// <summary>All of them in plan order, once they are there.</summary>
    public IEnumerable<T> All => _results.Select(r => r!);

    /// <summary>Completes when those of a micro-batch are there.</summary>
    public Task Of(MicroBatch part) => _parts[part.Index].Task;

    /// <summary>Whether that of a visit is there. If its node is asked again, its rows stay as they are: they may be in use.</summary>
    public bool Has(int visit) => Volatile.Read(ref _results[visit]) is not null;

    /// <summary>That of a visit of a micro-batch is there.</summary>
    public void Add(int visit, MicroBatch part, T result)
    {
        if (Interlocked.Exchange(ref _results[visit], result) is null && Interlocked.Decrement(ref _missing[part.Index]) == 0)
        {
            _parts[part.Index].SetResult();
        }
    }
}
