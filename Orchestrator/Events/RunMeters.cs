namespace TraversalLearning.Orchestration.Events;

/// <summary>Time and traffic of a run, over all its parts if it was interrupted and resumed.</summary>
/// <param name="EpochSeconds">Seconds of the current epoch.</param>
/// <param name="Seconds">Seconds of the run, excluding the wait for nodes.</param>
/// <param name="SentBytes">To all nodes.</param>
/// <param name="ReceivedBytes">From all nodes.</param>
internal sealed record RunMeters(double EpochSeconds, double Seconds, long SentBytes, long ReceivedBytes)
{
    public static RunMeters Zero { get; } = new(0, 0, 0, 0);
}
