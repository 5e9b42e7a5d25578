using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// What a node computes over its own samples, for every kind of task: in traversal learning its half of the algorithm (design section 2, steps 4 and
/// 6), as its <see cref="NodeExchange"/> has it. Stateless between steps but for the forward pass just done. Not thread-safe: one task at a time, each
/// within its turn.
/// </summary>
public sealed class TaskProcessor : IDisposable
{
    private readonly ComputeUnit _unit;
    private readonly bool _ownsUnit;
    private readonly OwnSamples _own;
    private readonly NodeExchange _exchange;
    private byte[]? _landing;
    private GossipMember? _gossip;

    /// <summary>A node of its own: builds the model and converts the samples.</summary>
    /// <param name="setup">What the orchestrator says.</param>
    /// <param name="samples">This node's samples.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="maxModelBytes">The most memory that the model may take; more is refused before any is taken.</param>
    /// <param name="nodeId">Whose samples they are.</param>
    /// <exception cref="ModelException">The model does not fit the samples or the memory.</exception>
    public TaskProcessor(TrainingSetup setup, SampleSet samples, Device device, long maxModelBytes = long.MaxValue, int nodeId = 1)
        : this(new ComputeUnit(setup, samples, device, shared: false, maxModelBytes), firstSample: 0, samples.Count, nodeId) => _ownsUnit = true;

    /// <summary>A node among others.</summary>
    /// <param name="unit">Computes.</param>
    /// <param name="firstSample">The node's first sample among those of the unit.</param>
    /// <param name="sampleCount">How many it holds.</param>
    /// <param name="nodeId">Whose samples they are.</param>
    internal TaskProcessor(ComputeUnit unit, int firstSample, int sampleCount, int nodeId)
    {
        _unit = unit;
        _own = new OwnSamples(nodeId, firstSample, sampleCount);
        _exchange = NodeExchange.Of(unit, _own);
    }

    /// <summary>What this was built for.</summary>
    public TrainingSetup Setup => _unit.Setup;

    /// <summary>Samples held; valid indices are from 0 to this, exclusive.</summary>
    public int SampleCount => _own.Count;

    /// <summary>Elements of what a node gets of θ.</summary>
    public long ParameterCount => _unit.ParameterCount;

    /// <summary>Where the θ of the next <see cref="Forward"/> is to be received: <c>[P]</c>.</summary>
    public Memory<byte> ParameterBytes => _landing ?? _unit.Land(out _landing);

    /// <summary>
    /// The shape that <c>G_i</c> must have for the pending forward pass; <see langword="null"/> if that of <paramref name="step"/> is not held, or no
    /// <c>G_i</c> comes.
    /// </summary>
    public long[]? ActivationShape(StepId step) => _exchange.ActivationShape(step);

    /// <summary>The shape that <c>Z_i</c> must have for the pending forward pass; <see langword="null"/> as with <see cref="ActivationShape"/>.</summary>
    public long[]? LogitShape(StepId step) => _exchange.LogitShape(step);

    /// <summary>Whether the forward pass of <paramref name="step"/> is held, so that <see cref="Backward"/> can follow.</summary>
    public bool Holds(StepId step) => _exchange.Holds(step);

    /// <summary>Forward pass with the θ in <see cref="ParameterBytes"/>. What the rest of the visit needs is kept.</summary>
    /// <exception cref="ModelException">So many rows do not fit into the memory that the model may take.</exception>
    public ForwardOutput Forward(ForwardPass request, ReadOnlySpan<int> indices)
    {
        Begin(indices.Length);
        return _exchange.Forward(request, indices);
    }

    /// <summary>The loss of the rows of the last forward pass, where their logits come back to the node.</summary>
    /// <param name="step">Which step.</param>
    /// <param name="logits"><c>Z_i</c>: <c>[m, C]</c>.</param>
    public LossOutput Loss(StepId step, Tensor logits) => _exchange.Loss(step, logits);

    /// <summary><c>∇_i θ_N</c> of the last forward pass.</summary>
    /// <param name="step">Which step.</param>
    /// <param name="activationGradients"><c>G_i</c>, where the node waits for it.</param>
    public ParameterGradient Backward(StepId step, Tensor? activationGradients = null) => _exchange.Backward(step, activationGradients);

    /// <summary>Elements of the model's buffers, which come and go with the θ of <see cref="Train"/>.</summary>
    public long BufferCount => _unit.BufferCount;

    /// <summary>Trains a copy of the model on all samples of the node, from the θ in <see cref="ParameterBytes"/>.</summary>
    /// <param name="request">How.</param>
    /// <param name="buffers">The model's buffers to begin with: <c>[Q]</c>; <see langword="null"/> if it has none.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="ModelException">It does not fit into the memory that the model may take, or the optimizer is none.</exception>
    internal LocalOutput Train(LocalTraining request, HostTensor? buffers, CancellationToken cancellationToken)
    {
        _unit.Memory.RequireTraining(Math.Min(request.BatchSize, SampleCount));
        Begin(rows: 1);
        LocalTrainer trainer = _unit.Trainer;
        if (buffers is not null)
        {
            trainer.Buffers.Tensor.copy_(buffers.Tensor);
        }

        LocalOutcome outcome = trainer.Train(
            _unit.Parameters, request, _unit.Samples, _own, cancellationToken);
        return LocalOutput.Copy(outcome, trainer);
    }

    /// <summary>The node's part in decentralized training.</summary>
    internal GossipMember Gossip => _gossip ??= new GossipMember(_unit, _own);

    /// <summary>Begins a turn of split learning. The caller disposes it.</summary>
    /// <param name="request">How.</param>
    /// <param name="parameters">θ_N: <c>[P_N]</c>.</param>
    /// <param name="buffers">Those of <c>f_N</c>: <c>[Q_N]</c>; <see langword="null"/> if it has none.</param>
    /// <exception cref="ModelException">It does not fit into the memory that the model may take, or the optimizer is none.</exception>
    internal SplitTurn NewTurn(TurnStart request, HostTensor parameters, HostTensor? buffers) =>
        new(_unit, _own, request, parameters, buffers);

    /// <summary>How the model does on some of the node's samples, with the θ in <see cref="ParameterBytes"/>.</summary>
    /// <param name="request">How many at once.</param>
    /// <param name="indices">Which.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="ModelException">So many rows do not fit into the memory that the model may take.</exception>
    public RowValidation Validate(ValidationPass request, ReadOnlySpan<int> indices, CancellationToken cancellationToken)
    {
        Begin(Math.Min(request.BatchRows, indices.Length));
        return RowValidation.Of(_unit.Model, Setup.Loss, _unit.Samples, indices, _own.First, request.BatchRows, cancellationToken);
    }

    /// <summary>Lets go of the pending forward pass.</summary>
    public void Forget() => _exchange.Forget();

    /// <summary>Lets go of a θ that came in part.</summary>
    public void ForgetParameters()
    {
        if (Interlocked.Exchange(ref _landing, null) is { } landing)
        {
            _unit.GiveBack(landing);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        ForgetParameters();
        _gossip?.Dispose();
        if (_ownsUnit)
        {
            _unit.Dispose();
        }
    }

    /// <summary>Waits for this node's turn to compute.</summary>
    internal ValueTask<ComputeUnit.Turn> EnterAsync(CancellationToken cancellationToken) => _unit.EnterAsync(cancellationToken);

    private void Begin(int rows)
    {
        _unit.Memory.Require(rows);
        Forget();
        _unit.TakeOver(Interlocked.Exchange(ref _landing, null));
    }
}
