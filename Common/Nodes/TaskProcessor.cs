using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// A node's computations over its own samples, for every kind of task; in traversal learning, its half of the algorithm (design
/// section 2, steps 4 and 6) through its <see cref="NodeExchange"/>. Stateless between steps except for the last forward pass.
/// Not thread-safe: one task at a time, while holding the unit.
/// </summary>
public sealed class TaskProcessor : IDisposable
{
    private readonly ComputeUnit _unit;
    private readonly bool _ownsUnit;
    private readonly OwnSamples _own;
    private NodeExchange? _exchange;
    private byte[]? _landing;
    private GossipMember? _gossip;

    /// <summary>Creates the processor of a single node: builds the model and converts the samples.</summary>
    /// <param name="setup">The orchestrator's settings.</param>
    /// <param name="samples">The node's samples.</param>
    /// <param name="device">Device to compute on.</param>
    /// <param name="maxModelBytes">Memory limit for the model, checked before allocating.</param>
    /// <param name="nodeId">The node's id.</param>
    /// <exception cref="ModelException">The model does not fit the samples or the memory limit.</exception>
    public TaskProcessor(TrainingSetup setup, SampleSet samples, Device device, long maxModelBytes = long.MaxValue, int nodeId = 1)
        : this(new ComputeUnit(setup, samples, device, shared: false, maxModelBytes), firstSample: 0, samples.Count, nodeId) => _ownsUnit = true;

    /// <summary>Creates the processor of one of several nodes.</summary>
    /// <param name="unit">The compute unit.</param>
    /// <param name="firstSample">Index of the node's first sample in the unit.</param>
    /// <param name="sampleCount">Number of samples of the node.</param>
    /// <param name="nodeId">The node's id.</param>
    /// <param name="visits">Is told which samples are computed on; <see langword="null"/> for nobody.</param>
    internal TaskProcessor(ComputeUnit unit, int firstSample, int sampleCount, int nodeId, ISampleVisits? visits = null)
    {
        _unit = unit;
        _own = new OwnSamples(nodeId, firstSample, sampleCount, visits);
    }

    private NodeExchange TraversalExchange => _exchange ??= NodeExchange.Of(_unit, _own);

    /// <summary>The compute unit.</summary>
    internal ComputeUnit Unit => _unit;

    /// <summary>The node's samples.</summary>
    internal OwnSamples Own => _own;

    /// <summary>The orchestrator's settings.</summary>
    public TrainingSetup Setup => _unit.Setup;

    /// <summary>Number of samples; valid indices are from 0 to this, exclusive.</summary>
    public int SampleCount => _own.Count;

    /// <summary>Number of elements of the node's part of θ.</summary>
    public long ParameterCount => _unit.ParameterCount;

    /// <summary>Memory that receives the θ of the next <see cref="Forward"/>: <c>[P]</c>.</summary>
    public Memory<byte> ParameterBytes => _landing ?? _unit.Land(out _landing);

    /// <summary>
    /// The shape required of <c>G_i</c>; <see langword="null"/> if the forward pass of <paramref name="step"/> is not held, or
    /// <c>G_i</c> is not used.
    /// </summary>
    public long[]? ActivationShape(StepId step) => TraversalExchange.ActivationShape(step);

    /// <summary>The shape required of <c>Z_i</c>; <see langword="null"/> as in <see cref="ActivationShape"/>.</summary>
    public long[]? LogitShape(StepId step) => TraversalExchange.LogitShape(step);

    /// <summary>Whether the forward pass of <paramref name="step"/> is held, so that <see cref="Backward"/> can follow.</summary>
    public bool Holds(StepId step) => TraversalExchange.Holds(step);

    /// <summary>Rows of the held forward pass of <paramref name="step"/>; 0 if it is not held.</summary>
    public int HeldRows(StepId step) => TraversalExchange.HeldRows(step);

    /// <summary>Forward pass with the θ in <see cref="ParameterBytes"/>. State for the rest of the visit is kept.</summary>
    /// <exception cref="ModelException">This many rows exceed the memory limit.</exception>
    public ForwardOutput Forward(ForwardPass request, ReadOnlySpan<int> indices)
    {
        Begin(indices.Length);
        return TraversalExchange.Forward(request, indices);
    }

    /// <summary>The loss of the last forward pass, from the logits received.</summary>
    /// <param name="step">The step.</param>
    /// <param name="logits"><c>Z_i</c>: <c>[m, C]</c>.</param>
    public LossOutput Loss(StepId step, Tensor logits) => TraversalExchange.Loss(step, logits);

    /// <summary><c>∇_i θ_N</c> of the last forward pass.</summary>
    /// <param name="step">The step.</param>
    /// <param name="activationGradients"><c>G_i</c>, if the exchange uses it.</param>
    public ParameterGradient Backward(StepId step, Tensor? activationGradients = null) => TraversalExchange.Backward(step, activationGradients);

    /// <summary>Number of elements of the model's buffers, which accompany the θ of <see cref="Train"/>.</summary>
    public long BufferCount => _unit.BufferCount;

    /// <summary>Trains a copy of the model on all samples of the node, from the θ in <see cref="ParameterBytes"/>.</summary>
    /// <param name="request">The training settings.</param>
    /// <param name="buffers">Initial values of the model's buffers: <c>[Q]</c>; <see langword="null"/> if it has none.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    /// <exception cref="ModelException">The memory limit is exceeded, or the optimizer is invalid.</exception>
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

    /// <summary>Starts a turn of split learning. The caller disposes it.</summary>
    /// <param name="request">The turn's settings.</param>
    /// <param name="parameters">θ_N: <c>[P_N]</c>.</param>
    /// <param name="buffers">The buffers of <c>f_N</c>: <c>[Q_N]</c>; <see langword="null"/> if it has none.</param>
    /// <exception cref="ModelException">The memory limit is exceeded, or the optimizer is invalid.</exception>
    internal SplitTurn NewTurn(TurnStart request, HostTensor parameters, HostTensor? buffers) =>
        new(_unit, _own, request, parameters, buffers);

    /// <summary>Evaluates the θ in <see cref="ParameterBytes"/> on some of the node's samples.</summary>
    /// <param name="request">The request, with the batch size.</param>
    /// <param name="indices">The samples' local indices.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    /// <exception cref="ModelException">This many rows exceed the memory limit.</exception>
    public RowValidation Validate(ValidationPass request, ReadOnlySpan<int> indices, CancellationToken cancellationToken)
    {
        _own.Visits?.Visit(indices);
        Begin(Math.Min(request.BatchRows, indices.Length));
        return RowValidation.Of(_unit.Model, Setup.Loss, _unit.Samples, indices, _own.First, request.BatchRows, cancellationToken);
    }

    /// <summary>Frees the pending forward pass.</summary>
    public void Forget() => _exchange?.Forget();

    /// <summary>Discards a partly received θ.</summary>
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

    /// <summary>Waits for exclusive use of the compute unit.</summary>
    internal ValueTask<ComputeUnit.Turn> EnterAsync(CancellationToken cancellationToken) => _unit.EnterAsync(cancellationToken);

    private void Begin(int rows)
    {
        _unit.Memory.Require(rows);
        Forget();
        _unit.TakeOver(Interlocked.Exchange(ref _landing, null));
    }
}
