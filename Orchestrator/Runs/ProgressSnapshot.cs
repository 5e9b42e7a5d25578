namespace TraversalLearning.Orchestration.Runs;

/// <summary>Where a run stands.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Epochs">How many there will be.</param>
/// <param name="Batch">Batches of this epoch that are done.</param>
/// <param name="Batches">Batches of an epoch.</param>
/// <param name="Loss">Mean training loss of the epoch so far.</param>
/// <param name="SamplesPerSecond">Over the epoch so far.</param>
/// <param name="SentBytes">Since the run began.</param>
/// <param name="ReceivedBytes">Since the run began.</param>
/// <param name="Remaining">Estimated time left.</param>
internal readonly record struct ProgressSnapshot(
    int Epoch,
    int Epochs,
    int Batch,
    int Batches,
    double Loss,
    double SamplesPerSecond,
    long SentBytes,
    long ReceivedBytes,
    TimeSpan Remaining);

/// <summary>Shows a run to whoever started it.</summary>
internal interface IProgressView
{
    /// <summary>How often <see cref="Update"/> is worth calling.</summary>
    TimeSpan Interval { get; }

    /// <summary>Runs <paramref name="work"/> with the view around it.</summary>
    Task<T> RunAsync<T>(Func<Task<T>> work);

    /// <summary>Shows where the run stands.</summary>
    void Update(in ProgressSnapshot snapshot);

    /// <summary>Shows a line that stays.</summary>
    void WriteLine(string line);
}
