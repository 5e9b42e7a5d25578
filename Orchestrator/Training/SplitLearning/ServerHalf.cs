using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>
/// The orchestrator's half of a split-learning turn: <c>f_O</c>, a copy of θ_O, and an optimizer whose state starts
/// with the turn. Deterministic: the same start and activations always give the same θ_O. Synchronous; one turn at a
/// time.
/// </summary>
internal sealed class ServerHalf : IDisposable
{
    private readonly LayeredModel _model;
    private readonly FlatParameters _parameters;
    private readonly Device _device;
    private readonly bool _isRandom;
    private optim.Optimizer? _optimizer;
    private FlatUpdate? _update;
    private SeededRandom? _random;
    private Tensor? _activations;
    private Tensor? _logits;

    /// <summary>Builds the layers behind the cut.</summary>
    /// <param name="setup">Provides the layers; at least one behind the cut has parameters.</param>
    /// <param name="device">The device to compute on.</param>
    public ServerHalf(TrainingSetup setup, Device device)
    {
        _device = device;
        ModelDescription rest = setup.Model with
        {
            InputShape = setup.Model.ShapeBehind(setup.Cut),
            Layers = setup.Model.Layers[setup.Cut..],
        };
        _isRandom = rest.Layers.Any(l => l.Coupling == LayerCoupling.Random);
        using var generator = new GeneratorGuard();
        _model = new LayeredModel(rest, rest.Layers.Length);
        _parameters = new FlatParameters(_model, setup.ElementType.ToScalarType(), device, _model.ParameterCount);
        BufferCount = FlatBuffers.Count(_parameters);
    }

    /// <summary>Elements of the buffers of <c>f_O</c>, <c>Q_O</c>.</summary>
    public long BufferCount { get; }

    /// <summary>Starts a turn.</summary>
    /// <param name="parameters">The bytes of θ_O: <c>[P_O]</c>.</param>
    /// <param name="buffers">The buffers of <c>f_O</c>: <c>[Q_O]</c>.</param>
    /// <param name="optimizer">The optimizer for θ_O.</param>
    /// <param name="random">The turn's generator, for layers that draw random numbers.</param>
    public void Begin(ReadOnlyMemory<byte> parameters, Tensor buffers, OptimizerSettings optimizer, SeededRandom random)
    {
        ForgetBatch();
        parameters.CopyTo(_parameters.ValueBytes);
        _parameters.ValuesFromHost();
        FlatBuffers.Write(_parameters, buffers);
        _optimizer?.Dispose();
        _optimizer = optimizer.Create(_parameters);
        _update = new FlatUpdate(_optimizer, optimizer, _parameters);
        _random = random;
    }

    /// <summary>The forward pass of a batch: <c>Z = f_O(A)</c>.</summary>
    /// <param name="activations">Holds <c>A</c> in its first rows, unchanged until <see cref="Step"/>: <c>[B,
    /// …]</c>.</param>
    /// <param name="rows"><c>m</c>.</param>
    /// <returns><c>Z</c>: <c>[m, C]</c>. The caller disposes it.</returns>
    public HostTensor Forward(HostTensor activations, int rows)
    {
        using GeneratorGuard? generator = GeneratorGuard.Seeded(_isRandom ? _random : null);
        using DisposeScope scope = NewDisposeScope();
        ForgetBatch();
        _activations = activations.Tensor.narrow(0, 0, rows).to(_device).detach().requires_grad_().DetachFromDisposeScope();
        _logits = _model.call(_activations).DetachFromDisposeScope();
        return HostTensor.Of(_logits);
    }

    /// <summary>Completes a batch: <c>Z.backward(Λ / m)</c>, and a step on θ_O.</summary>
    /// <param name="logitGradients">Holds <c>Λ</c>, of the summed loss, in its first rows: <c>[B, C]</c>.</param>
    /// <param name="rows"><c>m</c>.</param>
    /// <returns><c>G = ∂L/∂A</c>: <c>[m, …]</c>. The caller disposes it.</returns>
    public HostTensor Step(HostTensor logitGradients, int rows)
    {
        HostTensor activationGradients;
        using (NewDisposeScope())
        {
            _parameters.Gradient.zero_();
            _logits!.backward([logitGradients.Tensor.narrow(0, 0, rows).to(_device).div(rows)]);
            activationGradients = HostTensor.Of(_activations!.grad!);
        }

        ForgetBatch();
        _update!.Step();
        return activationGradients;
    }

    /// <summary>Ends the turn: copies its result out.</summary>
    /// <param name="parameters">Receives the bytes of θ_O: <c>[P_O]</c>.</param>
    /// <param name="buffers">Receives the buffers of <c>f_O</c>: <c>[Q_O]</c>.</param>
    public void Read(Memory<byte> parameters, Tensor buffers)
    {
        _parameters.ValuesToHost();
        _parameters.ValueBytes.CopyTo(parameters);
        FlatBuffers.Read(_parameters, buffers);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetBatch();
        _optimizer?.Dispose();
        _parameters.Dispose();
        _model.Dispose();
    }

    private void ForgetBatch()
    {
        _activations?.Dispose();
        _logits?.Dispose();
        (_activations, _logits) = (null, null);
    }
}
