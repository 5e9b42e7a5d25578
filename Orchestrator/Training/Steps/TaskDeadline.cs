namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// When a node has taken too long for a task. A task of several requests, between which it is not the node that works, stops it and starts it
/// anew with each.
/// </summary>
internal sealed class TaskDeadline : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly CancellationTokenSource _passed;

    /// <summary>It runs.</summary>
    /// <param name="timeout">How long the node may take.</param>
    /// <param name="cancellationToken">Ends the task too.</param>
    public TaskDeadline(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _timeout = timeout;
        _passed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Start();
    }

    /// <summary>Cancelled when it has passed, and when the task is to end.</summary>
    public CancellationToken Token => _passed.Token;

    /// <summary>The node has all of its time again.</summary>
    public void Start() => _passed.CancelAfter(_timeout);

    /// <summary>The node has done what it was asked.</summary>
    public void Stop() => _passed.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Dispose() => _passed.Dispose();
}
