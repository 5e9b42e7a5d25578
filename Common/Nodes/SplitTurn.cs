using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// The node's half of a turn of split learning: <c>f_N</c>, θ_N and a fresh optimizer, owned by the node for the whole turn.
/// Batches must arrive in order; one that is not due, such as a duplicate, is ignored and changes nothing. Repeating a turn
/// gives the same θ_N. Not thread-safe: one task at a time, while holding the unit.
/// </summary>
internal sealed class SplitTurn : IDisposable
{
    private readonly ComputeUnit _unit;
    private readonly OwnSamples _own;
    private readonly StepId _round;
    private readonly TurnModel _model;
    private readonly optim.Optimizer _optimizer;
    private readonly FlatUpdate _update;
    private readonly SeededRandom? _random;
    private Tensor? _activations;
    private Tensor? _labels;
    private int _batches;

    /// <summary>Builds the half.</summary>
    /// <param name="unit">The compute unit, with setup and samples.</param>
    /// <param name="own">The node's samples.</param>
    /// <param name="request">The turn's settings.</param>
    /// <param name="parameters">θ_N: <c>[P_N]</c>; copied.</param>
    /// <param name="buffers">The buffers of <c>f_N</c>: <c>[Q_N]</c>; <see langword="null"/> if it has none.</param>
    /// <exception cref="ModelException">The memory limit is exceeded, or the optimizer is invalid.</exception>
    public SplitTurn(ComputeUnit unit, OwnSamples own, TurnStart request, HostTensor parameters, HostTensor? buffers)
    {
        unit.Memory.RequireTraining(rows: 1);
        OptimizerSettings settings = LocalOptimizers.Read(request.Optimizer);
        TrainingSetup setup = unit.Setup;
        (_unit, _own, _round) = (unit, own, request.Step);
        _model = unit.NewTurnModel();
        parameters.Memory.CopyTo(Parameters.ValueBytes);
        Parameters.ValuesFromHost();
        Buffers = HostTensor.Zeros([unit.BufferCount], setup.ElementType.ToScalarType());
        if (buffers is not null)
        {
            FlatBuffers.Write(Parameters, buffers.Tensor);
        }

        _optimizer = settings.Create(Parameters);
        _update = new FlatUpdate(_optimizer, settings, Parameters);
        if (setup.Model.Layers[..setup.NodeLayerCount].Any(l => l.Coupling == LayerCoupling.Random))
        {
            _random = SeededRandom.ForStream(WireSeed.Read(request.Seed), (ulong)_round.Epoch, (ulong)_round.Batch, (ulong)own.NodeId);
        }
    }

    /// <summary>θ_N after <see cref="End"/>, on the CPU: <c>[P_N]</c>.</summary>
    public Memory<byte> ValueBytes => Parameters.ValueBytes;

    /// <summary>The buffers of <c>f_N</c> after <see cref="End"/>, on the CPU: <c>[Q_N]</c>.</summary>
    public HostTensor Buffers { get; }

    /// <summary>Rows of the batches that were completed.</summary>
    public long Rows { get; private set; }

    private FlatParameters Parameters => _model.Parameters;

    private StepId Next => _round with { Batch = _batches };

    /// <summary>Whether the forward pass of this batch is held, so that <see cref="Loss"/> and <see cref="Step"/> can follow.</summary>
    public bool Holds(StepId step) => step == Next && _activations is not null;

    /// <summary>The shape required of <c>G</c>; <see langword="null"/> if the batch's forward pass is not held.</summary>
    public long[]? ActivationShape(StepId step) => Holds(step) ? _activations!.shape : null;

    /// <summary>The shape required of <c>Z</c>; <see langword="null"/> if the batch's forward pass is not held.</summary>
    public long[]? LogitShape(StepId step) => Holds(step) ? [_activations!.shape[0], _unit.Setup.Model.ClassCount] : null;

    /// <summary>The forward pass of the next batch, <c>A = f_N(X)</c>. Activations and labels are kept.</summary>
    /// <returns><c>A</c>: <c>[m, …]</c>; <see langword="null"/> if this batch is not due.</returns>
    /// <exception cref="ModelException">This many rows exceed the memory limit.</exception>
    public HostTensor? Forward(StepId step, ReadOnlySpan<int> indices)
    {
        if (step != Next || _activations is not null)
        {
            return null;
        }

        _unit.Memory.RequireTraining(indices.Length);
        using GeneratorGuard? generator = GeneratorGuard.Seeded(_random);
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = _unit.Samples.Gather(_unit.Setup.Augmentation, step.Epoch, indices, _own);
        Tensor activations = _model.Layers.ForwardFirst(inputs);
        (_activations, _labels) = (activations.DetachFromDisposeScope(), labels.DetachFromDisposeScope());
        return HostTensor.Of(activations);
    }

    /// <summary>The loss of the held batch: <c>ℓ = Σ_j loss(z_j, y_j)</c>, <c>Λ = ∂ℓ/∂Z</c>.</summary>
    /// <param name="logits"><c>Z</c>: <c>[m, C]</c>.</param>
    public LossOutput Loss(Tensor logits)
    {
        using (NewDisposeScope())
        {
            return LossOutput.Of(_unit.Setup.Loss, logits.to(_unit.Device), _labels!);
        }
    }

    /// <summary>Completes the batch: one optimizer step on θ_N with <c>A.backward(G)</c>.</summary>
    /// <param name="activationGradients"><c>G</c>, of the mean loss: <c>[m, …]</c>.</param>
    public void Step(Tensor activationGradients)
    {
        using (NewDisposeScope())
        {
            Parameters.Gradient.zero_();
            _activations!.backward([activationGradients.to(_unit.Device)]);
        }

        Rows += activationGradients.shape[0];
        ForgetBatch();
        _update.Step();
        _batches++;
    }

    /// <summary>Ends the turn.</summary>
    /// <param name="step">States how many batches the turn has.</param>
    /// <returns>Whether all of them were completed.</returns>
    public bool End(StepId step)
    {
        if (step != Next || _activations is not null)
        {
            return false;
        }

        Parameters.ValuesToHost();
        FlatBuffers.Read(Parameters, Buffers.Tensor);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetBatch();
        _optimizer.Dispose();
        ((IDisposable)Buffers).Dispose();
        _unit.GiveBack(_model);
    }

    private void ForgetBatch()
    {
        _activations?.Dispose();
        _labels?.Dispose();
        (_activations, _labels) = (null, null);
    }
}
