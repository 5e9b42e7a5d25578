using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// The node's half of the algorithm (design section 2, steps 4 and 6) over its own samples. Stateless between steps but for
/// the forward pass just done. Not thread-safe: one task at a time, each within its turn.
/// </summary>
public sealed class TaskProcessor : IDisposable
{
    private readonly ComputeUnit _unit;
    private readonly bool _ownsUnit;
    private readonly int _firstSample;
    private readonly int _nodeId;
    private byte[]? _landing;
    private PendingForward? _pending;
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
        _firstSample = firstSample;
        _nodeId = nodeId;
        SampleCount = sampleCount;
    }

    /// <summary>What this was built for.</summary>
    public TrainingSetup Setup => _unit.Setup;

    /// <summary>Samples held; valid indices are from 0 to this, exclusive.</summary>
    public int SampleCount { get; }

    /// <summary>Elements of what a node gets of θ.</summary>
    public long ParameterCount => _unit.ParameterCount;

    /// <summary>Where the θ of the next <see cref="Forward"/> is to be received: <c>[P]</c>.</summary>
    public Memory<byte> ParameterBytes => _landing ?? _unit.Land(out _landing);

    /// <summary>The shape that <c>G_i</c> must have for the pending forward pass; <see langword="null"/> if that of <paramref name="step"/> is not held.</summary>
    public long[]? ActivationShape(StepId step) => Setup.SendsActivationGradients ? Pending(step)?.Shape : null;

    /// <summary>The shape that <c>Z_i</c> must have for the pending forward pass; <see langword="null"/> if that of <paramref name="step"/> is not held.</summary>
    public long[]? LogitShape(StepId step) => Pending(step) is { Labels: not null } pending ? [pending.Shape[0], Setup.Model.ClassCount] : null;

    /// <summary>Whether the forward pass of <paramref name="step"/> is held, so that <see cref="Backward"/> can follow.</summary>
    public bool Holds(StepId step) => Pending(step) is not null;

    /// <summary>
    /// Forward pass with the θ in <see cref="ParameterBytes"/>: <c>A_i = f_N(X_i)</c>, <c>Z_i = f_O(A_i)</c>,
    /// <c>ℓ_i = Σ_j loss(z_ij, y_ij)</c>, <c>Λ_i = ∂ℓ_i/∂Z_i</c>. What the backward pass begins with is kept: <c>A_i</c>, with
    /// <see cref="Exchange.OnePhase"/> <c>Z_i</c> and <c>Λ_i</c>.
    /// </summary>
    /// <exception cref="ModelException">So many rows do not fit into the memory that the model may take.</exception>
    public ForwardOutput Forward(ForwardPass request, ReadOnlySpan<int> indices)
    {
        Begin(indices.Length);
        bool onePhase = Setup.Exchange == Exchange.OnePhase;
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = _unit.Samples.Gather(Setup.Augmentation, request.Step.Epoch, indices, new OwnSamples(_nodeId, _firstSample, SampleCount));
        Tensor activations = _unit.Model.ForwardFirst(inputs);
        using (enable_grad(onePhase))
        {
            Tensor logits = _unit.Model.ForwardRest(activations);
            (double lossSum, int hits, Tensor logitGradients) = Loss(Setup.Loss, logits, labels);
            _pending = new PendingForward(
                request.Step,
                _unit.Generation,
                activations.shape,
                (onePhase ? logits : activations).DetachFromDisposeScope(),
                onePhase ? logitGradients.div(request.BatchRows).DetachFromDisposeScope() : null,
                Labels: null);
            return new ForwardOutput(HostTensor.Of(activations), HostTensor.Of(logitGradients), lossSum, hits);
        }
    }

    /// <summary>
    /// With a relay the forward pass up to the cut, with the θ_N in <see cref="ParameterBytes"/>: <c>A_i = f_N(X_i)</c>. It and the labels are kept.
    /// </summary>
    /// <returns><c>A_i</c>: <c>[m, …]</c>.</returns>
    /// <exception cref="ModelException">So many rows do not fit into the memory that the model may take.</exception>
    public HostTensor ForwardFirst(StepId step, ReadOnlySpan<int> indices)
    {
        Begin(indices.Length);
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = _unit.Samples.Gather(Setup.Augmentation, step.Epoch, indices, new OwnSamples(_nodeId, _firstSample, SampleCount));
        Tensor activations = _unit.Model.ForwardFirst(inputs);
        _pending = new PendingForward(
            step, _unit.Generation, activations.shape, activations.DetachFromDisposeScope(), OutputGradients: null, labels.DetachFromDisposeScope());
        return HostTensor.Of(activations);
    }

    /// <summary>With a relay the loss of the rows of the last forward pass: <c>ℓ_i = Σ_j loss(z_ij, y_ij)</c>, <c>Λ_i = ∂ℓ_i/∂Z_i</c>.</summary>
    /// <param name="step">Which step.</param>
    /// <param name="logits"><c>Z_i</c>: <c>[m, C]</c>.</param>
    public LossOutput Loss(StepId step, Tensor logits)
    {
        Tensor labels = Pending(step)?.Labels ?? throw new InvalidOperationException($"no forward pass of {step} is held");
        using (NewDisposeScope())
        {
            (double lossSum, int hits, Tensor logitGradients) = Loss(Setup.Loss, logits.to(_unit.Device), labels);
            return new LossOutput(HostTensor.Of(logitGradients), lossSum, hits);
        }
    }

    /// <summary>
    /// <c>∇_i θ_N</c> of the last forward pass: from <c>A_i.backward(G_i)</c>, with <see cref="Exchange.OnePhase"/> from <c>Z_i.backward(Λ_i / B)</c>.
    /// </summary>
    /// <param name="step">Which step.</param>
    /// <param name="activationGradients"><c>G_i</c>; none with <see cref="Exchange.OnePhase"/>.</param>
    public ParameterGradient Backward(StepId step, Tensor? activationGradients = null)
    {
        PendingForward pending = Pending(step) ?? throw new InvalidOperationException($"no forward pass of {step} is held");
        using (NewDisposeScope())
        {
            if (pending.OutputGradients is not null)
            {
                ParameterGradient gradient = Accumulate(pending.Output, pending.OutputGradients, keepGraph: false);
                Forget();
                return gradient;
            }

            // The graph is kept until the next forward pass: the reply may be lost and the request come again.
            return Accumulate(pending.Output, activationGradients!.to(_unit.Device), keepGraph: true);
        }
    }

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
            _unit.Parameters, request, _unit.Samples, new OwnSamples(_nodeId, _firstSample, SampleCount), cancellationToken);
        return LocalOutput.Copy(outcome, trainer);
    }

    /// <summary>The node's part in decentralized training.</summary>
    internal GossipMember Gossip => _gossip ??= new GossipMember(_unit, new OwnSamples(_nodeId, _firstSample, SampleCount));

    /// <summary>Begins a turn of split learning. The caller disposes it.</summary>
    /// <param name="request">How.</param>
    /// <param name="parameters">θ_N: <c>[P_N]</c>.</param>
    /// <param name="buffers">Those of <c>f_N</c>: <c>[Q_N]</c>; <see langword="null"/> if it has none.</param>
    /// <exception cref="ModelException">It does not fit into the memory that the model may take, or the optimizer is none.</exception>
    internal SplitTurn NewTurn(TurnStart request, HostTensor parameters, HostTensor? buffers) =>
        new(_unit, new OwnSamples(_nodeId, _firstSample, SampleCount), request, parameters, buffers);

    /// <summary>How the model does on some of the node's samples, with the θ in <see cref="ParameterBytes"/>.</summary>
    /// <param name="request">How many at once.</param>
    /// <param name="indices">Which.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="ModelException">So many rows do not fit into the memory that the model may take.</exception>
    public RowValidation Validate(ValidationPass request, ReadOnlySpan<int> indices, CancellationToken cancellationToken)
    {
        Begin(Math.Min(request.BatchRows, indices.Length));
        return RowValidation.Of(_unit.Model, Setup.Loss, _unit.Samples, indices, _firstSample, request.BatchRows, cancellationToken);
    }

    /// <summary>Lets go of the pending forward pass.</summary>
    public void Forget()
    {
        _pending?.Output.Dispose();
        _pending?.OutputGradients?.Dispose();
        _pending?.Labels?.Dispose();
        _pending = null;
    }

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

    /// <summary>The summed loss of rows, and its gradient at their logits.</summary>
    internal static (double LossSum, int Hits, Tensor LogitGradients) Loss(LossFunction function, Tensor logits, Tensor labels)
    {
        using (enable_grad())
        {
            Tensor leaf = logits.detach().requires_grad_();
            Tensor loss = function.Sum(leaf, labels);
            loss.backward();
            return (loss.ToDouble(), function.Hits(leaf.detach(), labels), leaf.grad!);
        }
    }

    private ParameterGradient Accumulate(Tensor output, Tensor outputGradients, bool keepGraph)
    {
        ParameterGradient gradient = _unit.NewGradient();
        try
        {
            output.backward([outputGradients], retain_graph: keepGraph, inputs: _unit.FirstParameters);
            gradient.TakeFrom(_unit.FirstParameters);
            return gradient;
        }
        catch
        {
            gradient.Dispose();
            throw;
        }
        finally
        {
            foreach (TorchSharp.Modules.Parameter parameter in _unit.FirstParameters)
            {
                parameter.grad = null;
            }
        }
    }

    private PendingForward? Pending(StepId step) =>
        _pending is { } pending && pending.Generation == _unit.Generation && pending.Step.Epoch == step.Epoch && pending.Step.Batch == step.Batch
            ? pending
            : null;

    /// <summary>A forward pass whose backward pass may follow.</summary>
    /// <param name="Step">Which step.</param>
    /// <param name="Generation">Of θ.</param>
    /// <param name="Shape">Of <c>A_i</c>.</param>
    /// <param name="Output">Where the backward pass begins: <c>A_i</c>, or <c>Z_i</c>.</param>
    /// <param name="OutputGradients">What it begins with; <see langword="null"/> where that comes with the request.</param>
    /// <param name="Labels">Of the rows, where their logits are still to come.</param>
    private sealed record PendingForward(StepId Step, long Generation, long[] Shape, Tensor Output, Tensor? OutputGradients, Tensor? Labels);
}

/// <summary>What the loss of a visit is. Disposing it lets go of it.</summary>
/// <param name="LogitGradients"><c>Λ_i</c>: <c>[m, C]</c>.</param>
/// <param name="LossSum"><c>ℓ_i</c>.</param>
/// <param name="Hits">Rows whose largest logit is the label's.</param>
public record LossOutput(HostTensor LogitGradients, double LossSum, int Hits) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of the tensors.</summary>
    protected virtual void Dispose(bool disposing) => ((IDisposable)LogitGradients).Dispose();
}

/// <summary>What a forward pass gave. Disposing it lets go of all of it.</summary>
/// <param name="Activations"><c>A_i</c>: <c>[m, …]</c>.</param>
/// <param name="LogitGradients"><c>Λ_i</c>: <c>[m, C]</c>.</param>
/// <param name="LossSum"><c>ℓ_i</c>.</param>
/// <param name="Hits">Rows whose largest logit is the label's.</param>
public sealed record ForwardOutput(HostTensor Activations, HostTensor LogitGradients, double LossSum, int Hits)
    : LossOutput(LogitGradients, LossSum, Hits)
{
    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        ((IDisposable)Activations).Dispose();
        base.Dispose(disposing);
    }
}
