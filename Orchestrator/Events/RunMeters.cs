namespace TraversalLearning.Orchestration.Events;

/// <summary>What a run has taken so far, over all its parts if it was interrupted and resumed.</summary>
/// <param name="EpochSeconds">Of the epoch that is under way.</param>
/// <param name="Seconds">Of the run, waiting for nodes left out.</param>
/// <param name="SentBytes">To all nodes.</param>
/// <param name="ReceivedBytes">From all nodes.</param>
internal sealed record RunMeters(double EpochSeconds, double Seconds, long SentBytes, long ReceivedBytes)
{
    public static RunMeters Zero { get; } = new(0, 0, 0, 0);
}
