namespace TraversalLearning.Orchestration.Runs;

/// <summary>Current progress of a run.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Epochs">Total number of epochs.</param>
/// <param name="Batch">Completed batches of this epoch.</param>
/// <param name="Batches">Batches per epoch.</param>
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

/// <summary>Displays a run's progress to the user.</summary>
internal interface IProgressView
{
    /// <summary>Minimum useful interval between calls of <see cref="Update"/>.</summary>
    TimeSpan Interval { get; }

    /// <summary>Runs <paramref name="work"/> while the view is active.</summary>
    Task<T> RunAsync<T>(Func<Task<T>> work);

    /// <summary>Displays the current progress.</summary>
    void Update(in ProgressSnapshot snapshot);

    /// <summary>Writes a permanent line.</summary>
    void WriteLine(string line);
}
