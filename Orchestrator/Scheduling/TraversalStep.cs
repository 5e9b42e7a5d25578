using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>What the visits of one step share. Disposing it stops the visits that are still under way.</summary>
/// <param name="batch">Which samples, where.</param>
/// <param name="parameters">θ, encoded once for all nodes; its bytes do not change before the step's update.</param>
/// <param name="buffers">Where replies go.</param>
/// <param name="gradients">Where first-layer gradients go.</param>
/// <param name="clock">Told where the time goes.</param>
/// <param name="cancellationToken">Ends the step.</param>
internal sealed class TraversalStep(
    VirtualBatch batch, EncodedTensor parameters, BatchBuffers buffers, GradientSum gradients, StepClock clock, CancellationToken cancellationToken)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

    public VirtualBatch Batch => batch;

    public EncodedTensor Parameters => parameters;

    public BatchBuffers Buffers => buffers;

    public GradientSum Gradients => gradients;

    public StepClock Clock => clock;

    /// <summary>The forward passes that are done.</summary>
    public ForwardResults Forward { get; } = new(batch.Plan.Visits.Count);

    /// <summary>The visits that have begun and may still be under way.</summary>
    public Task Visits { get; set; } = Task.CompletedTask;

    /// <summary>Cancelled with the step.</summary>
    public CancellationToken Cancelled => _end.Token;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!Visits.IsCompleted)
        {
            await _end.CancelAsync();
            await Visits.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _end.Dispose();
    }
}

/// <summary>What a batch's forward passes gave, summed in plan order.</summary>
/// <param name="LossSum">Sum of the loss over the rows.</param>
/// <param name="Hits">Rows whose largest logit is the label's.</param>
/// <param name="Rows">Number of rows.</param>
internal readonly record struct BatchOutcome(double LossSum, int Hits, int Rows);
