using System.Runtime.ExceptionServices;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>What the visits of one step share. Disposing it stops the visits that are still under way.</summary>
internal sealed class TraversalStep : IAsyncDisposable
{
    private readonly CancellationTokenSource _all;
    private readonly CancellationTokenSource _further;
    private readonly int[] _partOf;
    private Exception? _failure;

    /// <summary>Nothing is asked of any node yet.</summary>
    /// <param name="batch">Which samples, where.</param>
    /// <param name="microBatches">How its rows pass the central backward pass.</param>
    /// <param name="parameters">θ, encoded once for all nodes; its bytes do not change before the step's update.</param>
    /// <param name="buffers">Where replies go.</param>
    /// <param name="gradients">Where first-layer gradients go.</param>
    /// <param name="clock">Told where the time goes.</param>
    /// <param name="cancellationToken">Ends the step.</param>
    public TraversalStep(
        VirtualBatch batch,
        MicroBatch[] microBatches,
        EncodedTensor parameters,
        BatchBuffers buffers,
        GradientSum gradients,
        StepClock clock,
        CancellationToken cancellationToken)
    {
        Batch = batch;
        MicroBatches = microBatches;
        Parameters = parameters;
        Buffers = buffers;
        Gradients = gradients;
        Clock = clock;
        Activations = new VisitResults<ActivationResult>(microBatches);
        Losses = new VisitResults<LossResult>(microBatches);
        _partOf = [.. microBatches.SelectMany(p => Enumerable.Repeat(p.Index, p.VisitCount))];
        Logits = new CentralRows(microBatches.Length);
        ActivationGradients = new CentralRows(microBatches.Length);
        _all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _further = CancellationTokenSource.CreateLinkedTokenSource(_all.Token);
    }

    public VirtualBatch Batch { get; }

    public IReadOnlyList<MicroBatch> MicroBatches { get; }

    public EncodedTensor Parameters { get; }

    public BatchBuffers Buffers { get; }

    public GradientSum Gradients { get; }

    public StepClock Clock { get; }

    /// <summary>With a relay, the forward passes that are done: their rows of <c>A</c> are there.</summary>
    public VisitResults<ActivationResult> Activations { get; }

    /// <summary>The losses that are known: their rows of <c>A</c> and <c>Λ</c> are there.</summary>
    public VisitResults<LossResult> Losses { get; }

    /// <summary>With a relay <c>Z</c>.</summary>
    public CentralRows Logits { get; }

    /// <summary><c>G</c>.</summary>
    public CentralRows ActivationGradients { get; }

    /// <summary>The visits that have begun and may still be under way, or are still to begin. It never fails: <see cref="FailAsync"/> is told.</summary>
    public Task Visits { get; set; } = Task.CompletedTask;

    /// <summary>Cancelled when visits that are under way are to stop.</summary>
    public CancellationToken Cancelled => _all.Token;

    /// <summary>Cancelled when no further visit is to begin.</summary>
    public CancellationToken Full => _further.Token;

    /// <summary>The micro-batch that a visit belongs to.</summary>
    public MicroBatch PartOf(int visit) => MicroBatches[_partOf[visit]];

    /// <summary>
    /// A visit has failed: no further one begins. Where the step is to be done anew without a node that is lost, those that have begun finish
    /// first: no reply may still be on its way into the buffers then.
    /// </summary>
    public async Task FailAsync(Exception failure, bool othersFinish)
    {
        Interlocked.CompareExchange(ref _failure, failure, null);
        await _further.CancelAsync();
        if (!othersFinish)
        {
            await _all.CancelAsync();
        }
    }

    /// <summary>Waits for replies, as long as no visit fails.</summary>
    public async Task WaitAsync(Task replies)
    {
        if (await Task.WhenAny(replies, Visits) == Visits)
        {
            ThrowIfFailed();
        }

        await NodeTaskRunner.LeaveReceivingLoopAsync();
        Clock.LapVisits();
    }

    /// <summary>All visits have ended; throws what the first one that failed has thrown.</summary>
    public void ThrowIfFailed()
    {
        if (_failure is null)
        {
            return;
        }

        if (!_all.IsCancellationRequested)
        {
            Gradients.Reclaim();
        }

        ExceptionDispatchInfo.Throw(_failure);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!Visits.IsCompleted)
        {
            await _all.CancelAsync();
            await Visits;
        }

        _further.Dispose();
        _all.Dispose();
    }
}
