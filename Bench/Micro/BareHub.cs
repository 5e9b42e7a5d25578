using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>The hub's half of a bare step: what the orchestrator computes, in the same way, without anything that moves it.</summary>
internal sealed class BareHub : IDisposable
{
    /// <summary>Of the initial parameters.</summary>
    public const long Seed = 1;

    private readonly BareWorkload _workload;
    private readonly LayeredModel _model;
    private readonly optim.Optimizer _optimizer;
    private readonly FlatUpdate _update;
    private readonly HostTensor _activations;
    private readonly HostTensor _logitGradients;
    private readonly HostTensor _gradient;
    private readonly HostTensor _sum;
    private Tensor? _leaf;
    private Tensor? _logits;
    private HostTensor? _logitsOnHost;
    private HostTensor? _activationGradients;

    public BareHub(BareWorkload workload)
    {
        _workload = workload;
        manual_seed(Seed);
        ScalarType type = workload.Setup.ElementType.ToScalarType();
        long first = workload.Setup.FirstParameterCount;
        _model = new LayeredModel(workload.Setup.Model, workload.Setup.Cut);
        Parameters = new FlatParameters(_model, type, CPU, workload.Setup.Model.ParameterCount);
        var settings = new OptimizerSettings();
        _optimizer = settings.Create(Parameters);
        _update = new FlatUpdate(_optimizer, settings, Parameters);
        _activations = HostTensor.Zeros([workload.BatchSize, .. _model.CutShape], type);
        _logitGradients = HostTensor.Zeros([workload.BatchSize, workload.Setup.Model.ClassCount], type);
        _gradient = HostTensor.Zeros([first], type);
        _sum = new HostTensor(Parameters.Gradient.narrow(0, 0, first));
    }

    /// <summary>θ and ∇θ.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>What each node gets of θ: <c>[P]</c>, with a relay <c>[P_N]</c>.</summary>
    public ReadOnlySpan<byte> NodeParameters =>
        Parameters.ValueBytes.Span[..(int)(_workload.Setup.NodeParameterCount * _workload.Setup.ElementType.Size())];

    /// <summary>Where <c>∇_i θ_N</c> is received, one after the other, each to be added before the next: <c>[P_N]</c>. The first is where the sum stands.</summary>
    public Memory<byte> Gradient(int node) => node == 0 ? _sum.Memory : _gradient.Memory;

    /// <summary>Where <c>A_i</c> is received: <c>[m, …]</c>.</summary>
    public Memory<byte> Activations(int node) => _activations.Rows(_workload.FirstRowOf(node), _workload.RowsOf(node));

    /// <summary>Where <c>Λ_i</c> is received: <c>[m, C]</c>.</summary>
    public Memory<byte> LogitGradients(int node) => _logitGradients.Rows(_workload.FirstRowOf(node), _workload.RowsOf(node));

    /// <summary><c>G_i</c> of the last central backward pass: <c>[m, …]</c>.</summary>
    public Memory<byte> ActivationGradients(int node) => _activationGradients!.Rows(_workload.FirstRowOf(node), _workload.RowsOf(node));

    /// <summary><c>Z_i</c> of the last central forward pass: <c>[m, C]</c>.</summary>
    public Memory<byte> Logits(int node) => _logitsOnHost!.Rows(_workload.FirstRowOf(node), _workload.RowsOf(node));

    /// <summary><c>Z = f_O(A)</c>.</summary>
    public void CentralForward()
    {
        using DisposeScope scope = NewDisposeScope();
        Forget();
        _leaf = _activations.Tensor.detach().requires_grad_(_workload.Setup.SendsActivationGradients).DetachFromDisposeScope();
        _logits = _model.ForwardRest(_leaf).DetachFromDisposeScope();
        _logitsOnHost = _workload.Relays ? HostTensor.Of(_logits) : null;
    }

    /// <summary><c>Z.backward(Λ / B)</c> gives <c>∇θ_O</c>, and but for one phase <c>G</c>.</summary>
    public void CentralBackward()
    {
        using DisposeScope scope = NewDisposeScope();
        long first = _workload.Setup.FirstParameterCount;
        Parameters.Gradient.narrow(0, first, Parameters.Count - first).zero_();
        _logits!.backward([_logitGradients.Tensor.div(_workload.BatchSize)]);
        _activationGradients = _workload.Setup.SendsActivationGradients ? HostTensor.Of(_leaf!.grad!) : null;
    }

    /// <summary>Adds the gradient that has been received.</summary>
    /// <exception cref="InvalidOperationException">It is not finite.</exception>
    public void AddGradient(int node)
    {
        if ((node == 0 ? NonFinite.IndexOf(_sum.Memory.Span, _sum.Type) : FlatSum.Add(_sum, _gradient)) >= 0)
        {
            throw new InvalidOperationException($"the gradient of node {node} is not finite");
        }
    }

    /// <summary>One optimizer step on θ.</summary>
    public void Update() => _update.Step();

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        foreach (HostTensor tensor in (HostTensor[])[_activations, _logitGradients, _gradient, _sum])
        {
            ((IDisposable)tensor).Dispose();
        }

        _optimizer.Dispose();
        Parameters.Dispose();
        _model.Dispose();
    }

    /// <summary>Lets go of what the last step gave.</summary>
    private void Forget()
    {
        _leaf?.Dispose();
        _logits?.Dispose();
        ((IDisposable?)_logitsOnHost)?.Dispose();
        ((IDisposable?)_activationGradients)?.Dispose();
        (_leaf, _logits, _logitsOnHost, _activationGradients) = (null, null, null, null);
    }
}
