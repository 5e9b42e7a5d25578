namespace TraversalLearning.Orchestration.Runs;

/// <summary>Labels the output of one run among several.</summary>
/// <param name="inner">The underlying view.</param>
/// <param name="label">Prefix of every line.</param>
/// <param name="live">Whether to show progress within an epoch.</param>
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
