using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>What the forward passes of one step have said so far; their rows are in the batch's buffers. Written to by many visits at once.</summary>
/// <param name="visits">How many the plan has.</param>
internal sealed class ForwardResults(int visits)
{
    private readonly ForwardResult?[] _results = new ForwardResult?[visits];

    // What waits for the last one goes on in the loop that received it, which it has to leave at once.
    private readonly TaskCompletionSource _all = new();
    private int _missing = visits;

    /// <summary>Completes when the last one is there.</summary>
    public Task All => _all.Task;

    /// <summary>Whether that of a visit is there. If its node is asked again, its rows stay as they are: they may be in use.</summary>
    public bool Has(int visit) => Volatile.Read(ref _results[visit]) is not null;

    /// <summary>That of a visit is there.</summary>
    public void Add(int visit, ForwardResult result)
    {
        if (Interlocked.Exchange(ref _results[visit], result) is null && Interlocked.Decrement(ref _missing) == 0)
        {
            _all.SetResult();
        }
    }

    /// <summary>All of them, summed in plan order.</summary>
    public BatchOutcome Sum(int rows) => new(_results.Sum(r => r!.LossSum), _results.Sum(r => r!.Hits), rows);
}
