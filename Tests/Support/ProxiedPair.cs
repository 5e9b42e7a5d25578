namespace TraversalLearning.Tests.Support;

/// <summary>A node's connection to a <see cref="FaultProxy"/>, and the proxy's to the orchestrator.</summary>
/// <param name="number">Which, from 1.</param>
/// <param name="ended">Cancelled when it ends, by whichever side.</param>
/// <param name="stopping">Cancelled when the proxy ends.</param>
internal sealed class ProxiedPair(int number, CancellationTokenSource ended, CancellationToken stopping)
{
    private volatile bool _silent;

    public int Number { get; } = number;

    public CancellationTokenSource Ended { get; } = ended;

    /// <summary>Whether it passes nothing any more and stays open all the same, even if one side hangs up.</summary>
    public bool IsSilent
    {
        get => _silent;
        set => _silent = value;
    }

    /// <summary>Does nothing where it passes frames; else it ends, cancelled, with the proxy.</summary>
    public Task StayWhileSilentAsync() => _silent ? Task.Delay(Timeout.Infinite, stopping) : Task.CompletedTask;
}
