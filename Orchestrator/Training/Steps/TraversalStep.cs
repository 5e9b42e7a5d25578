using System.Runtime.ExceptionServices;
using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>The shared state of the visits of one step. Disposing it stops visits still under way.</summary>
internal sealed class TraversalStep : IAsyncDisposable
{
    private readonly CancellationTokenSource _all;
    private readonly CancellationTokenSource _further;
    private readonly int[] _partOf;
    private Exception? _failure;

    /// <summary>Creates a step; sends nothing yet.</summary>
    /// <param name="batch">The planned samples.</param>
    /// <param name="microBatches">The division of its rows for the central backward pass.</param>
    /// <param name="parameters">θ, encoded once for all nodes; its bytes do not change before the step's
    /// update.</param>
    /// <param name="buffers">Receive replies.</param>
    /// <param name="gradients">Sums first-layer gradients.</param>
    /// <param name="clock">Records where the time goes.</param>
    /// <param name="cancellationToken">Cancels the step.</param>
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

    /// <summary>With a relay: completed forward passes, whose rows of <c>A</c> have arrived.</summary>
    public VisitResults<ActivationResult> Activations { get; }

    /// <summary>Known losses, whose rows of <c>A</c> and <c>Λ</c> have arrived.</summary>
    public VisitResults<LossResult> Losses { get; }

    /// <summary><c>Z</c>, with a relay.</summary>
    public CentralRows Logits { get; }

    /// <summary><c>G</c>.</summary>
    public CentralRows ActivationGradients { get; }

    /// <summary>Completes when all visits have ended. Never faults: failures go to <see cref="FailAsync"/>.</summary>
    public Task Visits { get; set; } = Task.CompletedTask;

    /// <summary>Cancelled to stop visits under way.</summary>
    public CancellationToken Cancelled => _all.Token;

    /// <summary>Cancelled to keep further visits from starting.</summary>
    public CancellationToken Full => _further.Token;

    /// <summary>The micro-batch that a visit belongs to.</summary>
    public MicroBatch PartOf(int visit) => MicroBatches[_partOf[visit]];

    /// <summary>
    /// Records a failed visit; no further one starts. If the step will be repeated without a lost node, visits under
    /// way finish first, because no reply may still be arriving in the buffers then.
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

    /// <summary>Waits for replies unless a visit fails.</summary>
    public async Task WaitAsync(Task replies)
    {
        if (await Task.WhenAny(replies, Visits) == Visits)
        {
            ThrowIfFailed();
        }

        await NodeTaskRunner.LeaveReceivingLoopAsync();
        Clock.LapVisits();
    }

    /// <summary>Throws the first failure, after all visits have ended.</summary>
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
