namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// The deadline of a node's task. In a task of several requests it is stopped while the orchestrator works, and
/// restarted with each request.
/// </summary>
internal sealed class TaskDeadline : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly CancellationTokenSource _passed;

    /// <summary>Starts the deadline.</summary>
    /// <param name="timeout">Time limit.</param>
    /// <param name="cancellationToken">Also cancels the task.</param>
    public TaskDeadline(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _timeout = timeout;
        _passed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Start();
    }

    /// <summary>Cancelled when the deadline passes or the task is cancelled.</summary>
    public CancellationToken Token => _passed.Token;

    /// <summary>Restarts the full time limit.</summary>
    public void Start() => _passed.CancelAfter(_timeout);

    /// <summary>Suspends the deadline: the node has replied.</summary>
    public void Stop() => _passed.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Dispose() => _passed.Dispose();
}
