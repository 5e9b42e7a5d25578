namespace TraversalLearning.Orchestration.Runs;

/// <summary>The view of one run among several: its lines say which.</summary>
/// <param name="inner">Shows them.</param>
/// <param name="label">In front of every line.</param>
/// <param name="live">Whether progress within an epoch is shown too.</param>
internal sealed class LabelledView(IProgressView inner, string label, bool live) : IProgressView
{
    /// <inheritdoc/>
    public TimeSpan Interval => live ? inner.Interval : TimeSpan.MaxValue;

    /// <inheritdoc/>
    public Task<T> RunAsync<T>(Func<Task<T>> work) => inner.RunAsync(work);

    /// <inheritdoc/>
    public void Update(in ProgressSnapshot snapshot)
    {
        if (live)
        {
            inner.Update(in snapshot);
        }
    }

    /// <inheritdoc/>
    public void WriteLine(string line) => inner.WriteLine($"{label}: {line}");
}
